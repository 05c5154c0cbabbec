// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.model;

import dev.awp.gguf.file.GgufKeys;

/** Numbers of a file's metadata, in the digits that people write. */
final class GgufNumbers {
  private GgufNumbers() {}

  /** The number under a key, or a fallback. */
  static double shortest(GgufKeys keys, String key, double fallback) {
    return keys.number(key).map(value -> decimal(value.floatValue())).orElse(fallback);
  }

  /** 1e-5 as people write it, where float32 holds 9.999999747378752e-06. */
  static double decimal(float value) {
    return Double.parseDouble(Float.toString(value));
  }

  /** The integer under a key that has to be there, of the first block where blocks differ. */
  static int first(GgufKeys keys, String key) {
    return keys.ofEachBlock(key, 1).stream()
        .findFirst()
        .orElseThrow(() -> keys.fail(key, "is missing"));
  }

  /** The integer under a key that has to be there. */
  static int whole(GgufKeys keys, String key) {
    return keys.ofBlocks(key).orElseThrow(() -> keys.fail(key, "is missing"));
  }
}
