// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.tokenizer;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import dev.awp.AwpException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** The tokenizer of a checkpoint folder: tokenizer.json, read by the Hugging Face library. */
public final class Tokenizer implements AutoCloseable {
  private static final String FILE = "tokenizer.json";

  private final HuggingFaceTokenizer tokenizer;

  private Tokenizer(HuggingFaceTokenizer tokenizer) {
    this.tokenizer = tokenizer;
  }

  /** Opens the tokenizer of a folder; nothing is fetched from anywhere. */
  public static Tokenizer open(Path folder) {
    Path file = folder.resolve(FILE);
    if (!Files.isRegularFile(file)) {
      String hint =
          Files.exists(folder.resolve("tokenizer.model"))
              ? "; tokenizer.model alone is not read yet, save the tokenizer with transformers to get it"
              : "";
      throw new AwpException(file + ": the file is missing" + hint);
    }
    // The library would otherwise cut every text after 512 tokens.
    Map<String, String> options = Map.of("truncation", "false", "padding", "false");
    try {
      return new Tokenizer(HuggingFaceTokenizer.newInstance(file, options));
    } catch (IOException | RuntimeException e) {
      throw new AwpException(file + ": not a readable tokenizer: " + e.getMessage(), e);
    }
  }

  /** The tokens of a text, with the special tokens that the tokenizer puts around it. */
  public int[] encode(String text) {
    long[] ids = tokenizer.encode(text).getIds();
    int[] tokens = new int[ids.length];
    for (int i = 0; i < ids.length; i++) {
      tokens[i] = Math.toIntExact(ids[i]);
    }
    return tokens;
  }

  @Override
  public void close() {
    tokenizer.close();
  }
}
