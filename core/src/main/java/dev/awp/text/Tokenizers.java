// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.text;

import dev.awp.AwpException;
import dev.awp.tokenizer.Tokenizer;
import dev.awp.tokenizer.huggingface.HuggingFaceTokenizerFile;
import dev.awp.tokenizer.sentencepiece.SentencePieceTokenizer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Finds the tokenizer of a checkpoint folder: the list of the kinds that are known. */
public final class Tokenizers {
  private static final Logger LOG = LoggerFactory.getLogger(Tokenizers.class);

  private Tokenizers() {}

  /**
   * Opens the tokenizer of a folder: tokenizer.json, or where that is missing tokenizer.model of
   * SentencePiece, or vocab.json and merges.txt. Nothing is fetched from anywhere; what it warns of
   * is logged.
   *
   * @throws AwpException where there is none
   */
  public static Tokenizer open(Path folder) {
    Tokenizer tokenizer = find(folder);
    tokenizer.warnings().forEach(warning -> LOG.warn("{}: {}", folder, warning));
    return tokenizer;
  }

  private static Tokenizer find(Path folder) {
    Path json = folder.resolve(HuggingFaceTokenizerFile.NAME);
    if (Files.isRegularFile(json)) {
      return HuggingFaceTokenizerFile.open(json);
    }
    Path model = folder.resolve(SentencePieceTokenizer.NAME);
    if (Files.isRegularFile(model)) {
      return SentencePieceTokenizer.open(model);
    }
    return HuggingFaceTokenizerFile.openVocabulary(folder)
        .orElseThrow(
            () ->
                new AwpException(
                    "%s: the file is missing, and there is no %s either, nor vocab.json with merges.txt"
                        .formatted(json, SentencePieceTokenizer.NAME)));
  }
}
