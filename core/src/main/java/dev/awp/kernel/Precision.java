// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.kernel;

/**
 * In what parts the operands of a product are multiplied; sums are float32 always. A float32 value
 * is the sum of a bfloat16 (8 significant bits), a second one for what the first leaves, and a rest
 * of about 2^-17 of it.
 */
public enum Precision {
  /** float32 operands. */
  F32("f32", 0, 0),

  /** high * high: relative error of a product about 2^-8. */
  BF16("bf16", 1, 1),

  /**
   * high * high + high * low of the right operand: relative error about 2^-16 where the left one is
   * a bfloat16 already.
   */
  BF16X2("bf16x2", 1, 2),

  /** high * high + high * low + low * high: relative error of a product about 2^-16. */
  BF16X3("bf16x3", 2, 2);

  private final String label;
  private final int leftParts;
  private final int rightParts;

  Precision(String label, int leftParts, int rightParts) {
    this.label = label;
    this.leftParts = leftParts;
    this.rightParts = rightParts;
  }

  /** The word for it in reports. */
  public String label() {
    return label;
  }

  /** bfloat16 parts of the left operand; 0 where it stays float32. */
  public int leftParts() {
    return leftParts;
  }

  /** bfloat16 parts of the right operand; 0 where it stays float32. */
  public int rightParts() {
    return rightParts;
  }

  /** Whether any left operand may be multiplied, not only one that is rounded before. */
  public boolean servesAnyLeft() {
    return leftParts == rightParts;
  }
}
