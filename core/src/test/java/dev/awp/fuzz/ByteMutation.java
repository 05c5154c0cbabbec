// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.fuzz;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * What goes wrong with bytes: bits flip, numbers of 1, 2, 4 or 8 bytes take their extreme values,
 * ranges vanish, come twice, or change places, ends are cut off; words of the format appear.
 */
record ByteMutation(List<String> words) implements Mutation {
  private static final long[] NUMBERS = {
    0,
    1,
    -1,
    2,
    7,
    8,
    16,
    127,
    128,
    255,
    256,
    32767,
    65535,
    1 << 20,
    Integer.MAX_VALUE - 8,
    Integer.MAX_VALUE,
    Integer.MIN_VALUE,
    1L << 31,
    1L << 32,
    1L << 53,
    1L << 61,
    Long.MAX_VALUE,
    Long.MIN_VALUE
  };
  private static final int LONGEST_RANGE = 64;

  ByteMutation {
    words = List.copyOf(words);
  }

  @Override
  public byte[] apply(byte[] input, SplittableRandom random) {
    byte[] bytes = input.clone();
    int changes = 1 << random.nextInt(4);
    for (int i = 0; i < changes; i++) {
      bytes = once(bytes, random);
    }
    return bytes;
  }

  private byte[] once(byte[] bytes, SplittableRandom random) {
    int at = bytes.length == 0 ? 0 : place(bytes.length, random);
    int end = Math.min(bytes.length, at + 1 + random.nextInt(LONGEST_RANGE));
    return switch (random.nextInt(9)) {
      case 0, 1 -> flipped(bytes, at, random);
      case 2, 3 -> withNumber(bytes, at, NUMBERS[random.nextInt(NUMBERS.length)], random);
      case 4 -> joined(bytes, at, new byte[0], end);
      case 5 -> joined(bytes, at, Arrays.copyOfRange(bytes, at, end), at);
      case 6 -> random.nextInt(4) == 0 ? Arrays.copyOf(bytes, at) : flipped(bytes, at, random);
      case 7 -> joined(bytes, at, word(random), random.nextBoolean() ? at : end);
      default -> withNumber(bytes, at, near(bytes, at, random), random);
    };
  }

  /** More often in front, where headers are. */
  private static int place(int length, SplittableRandom random) {
    return random.nextBoolean() ? random.nextInt(length) : random.nextInt(Math.min(length, 256));
  }

  private static byte[] flipped(byte[] bytes, int at, SplittableRandom random) {
    if (at < bytes.length) {
      bytes[at] ^= (byte) (1 << random.nextInt(8));
    }
    return bytes;
  }

  private static byte[] withNumber(byte[] bytes, int at, long value, SplittableRandom random) {
    int width = 1 << random.nextInt(4);
    for (int i = 0; i < width && at + i < bytes.length; i++) {
      bytes[at + i] = (byte) (value >> (8 * i));
    }
    return bytes;
  }

  /** A little more or less than what stands there. */
  private static long near(byte[] bytes, int at, SplittableRandom random) {
    return (at < bytes.length ? bytes[at] & 0xffL : 0) + random.nextInt(-16, 17);
  }

  private byte[] word(SplittableRandom random) {
    return words.isEmpty()
        ? new byte[] {(byte) random.nextInt(256)}
        : words.get(random.nextInt(words.size())).getBytes(StandardCharsets.UTF_8);
  }

  /** Bytes up to one place, something else, and those from another place on. */
  private static byte[] joined(byte[] bytes, int to, byte[] middle, int from) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(bytes, 0, to);
    out.writeBytes(middle);
    out.write(bytes, from, bytes.length - from);
    return out.toByteArray();
  }
}
