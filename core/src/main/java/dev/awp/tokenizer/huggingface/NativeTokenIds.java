// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.tokenizer.huggingface;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import dev.awp.AwpException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.LongStream;

/**
 * The library in this process. Only ids are asked for: for every token it would otherwise make a
 * string, a span and five numbers.
 */
final class NativeTokenIds implements TokenIds {
  static {
    // The library would otherwise tell its makers of every machine of theirs that it runs on, and
    // fetch native code that is not in its jar.
    System.setProperty("OPT_OUT_TRACKING", "true");
    System.setProperty("ai.djl.offline", "true");
  }

  private final HuggingFaceTokenizer tokenizer;
  private final long handle;

  private NativeTokenIds(HuggingFaceTokenizer tokenizer) {
    this.tokenizer = tokenizer;
    this.handle = tokenizer.getHandle();
  }

  /**
   * Opens a tokenizer.
   *
   * @param json the content of a tokenizer.json, in UTF-8
   * @throws AwpException with the library's words where it does not take it
   */
  static TokenIds open(byte[] json) {
    // The library would otherwise cut every text after 512 tokens.
    Map<String, String> options = Map.of("truncation", "false", "padding", "false");
    try {
      return new NativeTokenIds(
          HuggingFaceTokenizer.newInstance(new ByteArrayInputStream(json), options));
    } catch (IOException | RuntimeException e) {
      throw new AwpException(String.valueOf(e.getMessage()), e);
    }
  }

  @Override
  public int[] encode(String text, boolean withSpecial) {
    long encoding = TokenizersLibrary.LIB.encode(handle, text, withSpecial);
    try {
      return LongStream.of(TokenizersLibrary.LIB.getTokenIds(encoding))
          .mapToInt(Math::toIntExact)
          .toArray();
    } finally {
      TokenizersLibrary.LIB.deleteEncoding(encoding);
    }
  }

  @Override
  public String decode(int[] tokens) {
    return tokenizer.decode(Arrays.stream(tokens).asLongStream().toArray(), true);
  }

  @Override
  public void close() {
    tokenizer.close();
  }
}
