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

  /** Every token comes back as a string, a span and five numbers; at worst a token a character. */
  private static final long HEAP_BYTES_PER_CHARACTER = 160;

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

  /**
   * The tokens of a text, with the special tokens that the tokenizer puts around it.
   *
   * @throws AwpException where the text is too long for the Java heap
   */
  public int[] encode(String text) {
    checkHeap(text);
    long[] ids = tokenizer.encode(text).getIds();
    int[] tokens = new int[ids.length];
    for (int i = 0; i < ids.length; i++) {
      tokens[i] = Math.toIntExact(ids[i]);
    }
    return tokens;
  }

  /** The text of tokens, special tokens left out. */
  public String decode(int[] tokens) {
    long[] ids = new long[tokens.length];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = tokens[i];
    }
    return tokenizer.decode(ids, true);
  }

  /** Native code of the library aborts the whole JVM when the heap runs out under it. */
  private static void checkHeap(String text) {
    long needed = HEAP_BYTES_PER_CHARACTER * text.length();
    long most = Runtime.getRuntime().maxMemory() / 2;
    if (needed > most) {
      throw new AwpException(
          "a text of %,d characters may need %,d MiB of Java heap to tokenize, at most %,d are for that: split it (.jsonl, a document a line) or raise the heap (AWP_JAVA_OPTS=-Xmx...)"
              .formatted(text.length(), needed >> 20, most >> 20));
    }
  }

  @Override
  public void close() {
    tokenizer.close();
  }
}
