// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.blas;

/**
 * In what parts the operands of a product are multiplied; sums are float32 always. A float32 value
 * is the sum of a bfloat16 (8 significant bits), a second one for what the first leaves, and a rest
 * of about 2^-17 of it.
 */
public enum Precision {
  /** float32 operands. */
  F32("f32", 0),

  /** high * high: relative error of a product about 2^-8. */
  BF16("bf16", 1),

  /** high * high + high * low + low * high: relative error of a product about 2^-16. */
  BF16X3("bf16x3", 2);

  private final String label;
  private final int parts;

  Precision(String label, int parts) {
    this.label = label;
    this.parts = parts;
  }

  /** The word for it in reports. */
  public String label() {
    return label;
  }

  /** bfloat16 parts of an operand; 0 where it stays float32. */
  public int parts() {
    return parts;
  }
}
