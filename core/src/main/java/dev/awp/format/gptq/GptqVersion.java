// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format.gptq;

import java.util.Arrays;
import java.util.Optional;

/**
 * The two conventions of zero points: the first stores z - 1, so that its grids have no zero point
 * 0, the second stores z.
 */
enum GptqVersion {
  FIRST("gptq", 1),
  SECOND("gptq_v2", 0);

  private final String word;
  private final int zeroPointOffset;

  GptqVersion(String word, int zeroPointOffset) {
    this.word = word;
    this.zeroPointOffset = zeroPointOffset;
  }

  /** As "checkpoint_format" has it. */
  String word() {
    return word;
  }

  /** What is stored less than the zero point. */
  int zeroPointOffset() {
    return zeroPointOffset;
  }

  /** The version of that "checkpoint_format". */
  static Optional<GptqVersion> of(String word) {
    return Arrays.stream(values()).filter(version -> version.word.equals(word)).findFirst();
  }
}
