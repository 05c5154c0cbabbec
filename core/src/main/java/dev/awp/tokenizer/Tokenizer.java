// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.tokenizer;

import dev.awp.AwpException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The tokenizer of a checkpoint folder: tokenizer.json, or where that is missing tokenizer.model of
 * SentencePiece.
 */
public sealed interface Tokenizer extends AutoCloseable
    permits HuggingFaceTokenizerFile, SentencePieceTokenizer {
  /** Opens the tokenizer of a folder; nothing is fetched from anywhere. */
  static Tokenizer open(Path folder) {
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

  /**
   * The tokens of a text, with the special tokens that the tokenizer puts around it.
   *
   * @throws AwpException where the text is too long for the Java heap
   */
  int[] encode(String text);

  /** The text of tokens, special tokens left out. */
  String decode(int[] tokens);

  @Override
  void close();
}
