// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.decode;

/** Numbers of more than one byte in a block. */
public final class LittleEndian {
  private LittleEndian() {}

  /** A binary16 number. */
  public static float half(byte[] bytes, int at) {
    return Float.float16ToFloat((short) u16(bytes, at));
  }

  /** Two bytes, not below 0. */
  public static int u16(byte[] bytes, int at) {
    return (bytes[at] & 0xff) | ((bytes[at + 1] & 0xff) << 8);
  }

  /** Four bytes. */
  public static int i32(byte[] bytes, int at) {
    return u16(bytes, at) | (u16(bytes, at + 2) << 16);
  }
}
