// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format.packed;

/**
 * How codes lie in 32-bit words: as a {@link BitStream}, or each whole in one word, as
 * compressed-tensors up to 0.17.1 packed 3 bits.
 *
 * @param bits of a code, 1 to 8
 * @param padded whether words have unused bits rather than a code that goes on in the next one
 */
public record CodePacking(int bits, boolean padded) {
  /** Codes without gaps. */
  public static CodePacking stream(int bits) {
    return new CodePacking(bits, false);
  }

  /** Words that so many codes take. */
  public int words(int codes) {
    return padded ? Math.ceilDiv(codes, perWord()) : BitStream.words(codes, bits);
  }

  /** Every so many codes one begins with a word. */
  public int period() {
    return padded ? perWord() : Integer.SIZE;
  }

  private int perWord() {
    return Integer.SIZE / bits;
  }

  /** Unpacks codes from words of which the first begins with the first code. */
  public void unpack(int[] words, int[] codes, int from, int count) {
    if (!padded) {
      BitStream.unpack(words, bits, codes, from, count);
      return;
    }
    int mask = (1 << bits) - 1;
    for (int i = 0; i < count; i++) {
      codes[from + i] = words[i / perWord()] >>> (i % perWord() * bits) & mask;
    }
  }
}
