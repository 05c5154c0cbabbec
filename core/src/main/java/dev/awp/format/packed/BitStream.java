// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format.packed;

/**
 * Codes of b bits one after the other in a stream of 32-bit words: code i begins at bit i b, least
 * significant bit first, and may go on in the next word. This is how compressed-tensors (from
 * 0.18.0) and GPTQ pack; in both, 3 bits put 32 codes into 3 words.
 */
public final class BitStream {
  private BitStream() {}

  /** Words that so many codes take. */
  public static int words(int codes, int bits) {
    return Math.toIntExact(Math.ceilDiv((long) codes * bits, Integer.SIZE));
  }

  /**
   * Packs codes.
   *
   * @param codes each in 0 .. 2^bits - 1
   * @param bits 1 to 8
   * @param words receives {@link #words} words, unused bits zero
   */
  public static void pack(int[] codes, int from, int count, int bits, int[] words) {
    if (Integer.SIZE % bits == 0) {
      packWhole(codes, from, count, bits, words);
      return;
    }
    long pending = 0;
    int filled = 0;
    int word = 0;
    for (int i = from; i < from + count; i++) {
      pending |= (long) codes[i] << filled;
      filled += bits;
      if (filled >= Integer.SIZE) {
        words[word++] = (int) pending;
        pending >>>= Integer.SIZE;
        filled -= Integer.SIZE;
      }
    }
    if (filled > 0) {
      words[word] = (int) pending;
    }
  }

  /** Where no code goes on in the next word. */
  private static void packWhole(int[] codes, int from, int count, int bits, int[] words) {
    int perWord = Integer.SIZE / bits;
    for (int w = 0; w * perWord < count; w++) {
      int start = from + w * perWord;
      int end = Math.min(from + count, start + perWord);
      int word = 0;
      for (int i = end - 1; i >= start; i--) {
        word = word << bits | codes[i];
      }
      words[w] = word;
    }
  }

  /** Unpacks what {@link #pack} packed. */
  public static void unpack(int[] words, int bits, int[] codes, int from, int count) {
    if (Integer.SIZE % bits == 0) {
      unpackWhole(words, bits, codes, from, count);
      return;
    }
    int mask = (1 << bits) - 1;
    long pending = 0;
    int available = 0;
    int word = 0;
    for (int i = from; i < from + count; i++) {
      if (available < bits) {
        pending |= Integer.toUnsignedLong(words[word++]) << available;
        available += Integer.SIZE;
      }
      codes[i] = (int) pending & mask;
      pending >>>= bits;
      available -= bits;
    }
  }

  private static void unpackWhole(int[] words, int bits, int[] codes, int from, int count) {
    int mask = (1 << bits) - 1;
    int perWord = Integer.SIZE / bits;
    for (int w = 0; w * perWord < count; w++) {
      int word = words[w];
      int start = from + w * perWord;
      int end = Math.min(from + count, start + perWord);
      for (int i = start; i < end; i++) {
        codes[i] = word & mask;
        word >>>= bits;
      }
    }
  }
}
