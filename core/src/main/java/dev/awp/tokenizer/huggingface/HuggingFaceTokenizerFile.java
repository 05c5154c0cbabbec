// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.tokenizer.huggingface;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import dev.awp.AwpException;
import dev.awp.tokenizer.TextSize;
import dev.awp.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/** tokenizer.json, read by the Hugging Face library. */
public final class HuggingFaceTokenizerFile implements Tokenizer {
  public static final String NAME = "tokenizer.json";

  /**
   * Every token comes back as a string, a span and five numbers; at worst a token a character.
   * Native code of the library aborts the whole JVM when the heap runs out under it.
   */
  private static final long HEAP_BYTES_PER_CHARACTER = 160;

  static {
    // The library would otherwise tell its makers of every machine of theirs that it runs on, and
    // fetch native code that is not in its jar.
    System.setProperty("OPT_OUT_TRACKING", "true");
    System.setProperty("ai.djl.offline", "true");
  }

  private final HuggingFaceTokenizer tokenizer;

  private HuggingFaceTokenizerFile(HuggingFaceTokenizer tokenizer) {
    this.tokenizer = tokenizer;
  }

  public static Tokenizer open(Path file) {
    TokenizerJsonCheck.check(file);
    // The library would otherwise cut every text after 512 tokens.
    Map<String, String> options = Map.of("truncation", "false", "padding", "false");
    try {
      return new HuggingFaceTokenizerFile(HuggingFaceTokenizer.newInstance(file, options));
    } catch (IOException | RuntimeException e) {
      throw new AwpException(file + ": not a readable tokenizer: " + e.getMessage(), e);
    }
  }

  @Override
  public int[] encode(String text) {
    return encode(text, true);
  }

  @Override
  public int[] encodeInner(String text) {
    return encode(text, false);
  }

  private int[] encode(String text, boolean special) {
    TextSize.check(text, HEAP_BYTES_PER_CHARACTER);
    long[] ids = tokenizer.encode(text, special, false).getIds();
    int[] tokens = new int[ids.length];
    for (int i = 0; i < ids.length; i++) {
      tokens[i] = Math.toIntExact(ids[i]);
    }
    return tokens;
  }

  @Override
  public String decode(int[] tokens) {
    long[] ids = new long[tokens.length];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = tokens[i];
    }
    return tokenizer.decode(ids, true);
  }

  @Override
  public void close() {
    tokenizer.close();
  }
}
