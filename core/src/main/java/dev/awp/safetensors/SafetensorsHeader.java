// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.safetensors;

import dev.awp.tensor.DType;
import java.util.List;
import java.util.Map;

/**
 * The table of contents of a safetensors file.
 *
 * @param metadata the strings under {@code __metadata__}
 * @param tensors in the order of their data
 */
record SafetensorsHeader(Map<String, String> metadata, List<Entry> tensors) {
  /** Longest header that the format allows. */
  static final long MAX_LENGTH = 100_000_000;

  /** Bytes of the length field before the header. */
  static final int PREFIX = Long.BYTES;

  SafetensorsHeader {
    metadata = Map.copyOf(metadata);
    tensors = List.copyOf(tensors);
  }

  /**
   * One tensor.
   *
   * @param begin first byte, counted from the end of the header
   * @param end one past the last byte
   */
  record Entry(String name, DType dtype, List<Long> shape, long begin, long end) {
    Entry {
      shape = List.copyOf(shape);
    }
  }
}
