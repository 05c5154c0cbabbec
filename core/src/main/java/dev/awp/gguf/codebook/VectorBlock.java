// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.codebook;

import java.util.Arrays;

/** What a block of a codebook's type stores, as numbers. Scratch for one thread. */
public final class VectorBlock {
  private final int[] scales;
  private final int[] codes;
  private final int[] signs;
  private float d;

  /**
   * For blocks of so many groups and vectors.
   *
   * @param groups that have a scale each
   */
  public VectorBlock(int groups, int vectors) {
    this.scales = new int[groups];
    this.codes = new int[vectors];
    this.signs = new int[vectors];
  }

  /** Makes all numbers 0. */
  public void clear() {
    d = 0;
    Arrays.fill(scales, 0);
    Arrays.fill(codes, 0);
    Arrays.fill(signs, 0);
  }

  /** A number that binary16 holds. */
  public void setD(float value) {
    d = value;
  }

  /** Of a group the s where its scale is 2 s + 1 times d and a power of two. */
  public void setScale(int group, int value) {
    scales[group] = value;
  }

  /**
   * Sets a vector.
   *
   * @param code in the codebook
   * @param some bits of negative columns, from the low one on; or 1 where it is shifted down
   */
  public void setVector(int vector, int code, int some) {
    codes[vector] = code;
    signs[vector] = some;
  }

  /** d's bits in binary16. */
  int half() {
    return Float.floatToFloat16(d) & 0xffff;
  }

  int scale(int group) {
    return scales[group];
  }

  int code(int vector) {
    return codes[vector];
  }

  int signs(int vector) {
    return signs[vector];
  }

  /** Puts d at the beginning, and the scales as nibbles, two a byte. */
  void putHalfAndNibbles(byte[] bytes, int ofScales) {
    put16(bytes, 0, half());
    for (int g = 0; g < scales.length; g++) {
      bytes[ofScales + g / 2] |= (byte) (scales[g] << (4 * (g % 2)));
    }
  }

  static void put16(byte[] bytes, int at, int value) {
    bytes[at] = (byte) value;
    bytes[at + 1] = (byte) (value >> 8);
  }

  static void put32(byte[] bytes, int at, int value) {
    put16(bytes, at, value);
    put16(bytes, at + 2, value >> 16);
  }
}
