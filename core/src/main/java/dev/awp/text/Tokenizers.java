// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.text;

import dev.awp.AwpException;
import dev.awp.tokenizer.Tokenizer;
import dev.awp.tokenizer.huggingface.HuggingFaceTokenizerFile;
import dev.awp.tokenizer.sentencepiece.SentencePieceTokenizer;
import java.nio.file.Files;
import java.nio.file.Path;

/** Finds the tokenizer of a checkpoint folder: the list of the kinds that are known. */
public final class Tokenizers {
  private Tokenizers() {}

  /**
   * Opens the tokenizer of a folder: tokenizer.json, or where that is missing tokenizer.model of
   * SentencePiece. Nothing is fetched from anywhere.
   *
   * @throws AwpException where there is neither
   */
  public static Tokenizer open(Path folder) {
    Path json = folder.resolve(HuggingFaceTokenizerFile.NAME);
    if (Files.isRegularFile(json)) {
      return HuggingFaceTokenizerFile.open(json);
    }
    Path model = folder.resolve(SentencePieceTokenizer.NAME);
    if (Files.isRegularFile(model)) {
      return SentencePieceTokenizer.open(model);
    }
    throw new AwpException(
        "%s: the file is missing, and there is no %s either"
            .formatted(json, SentencePieceTokenizer.NAME));
  }
}
