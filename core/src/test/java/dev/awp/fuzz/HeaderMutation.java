// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.fuzz;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * A safetensors file: its JSON header with the length in front that fits it, or bytes of it all.
 */
final class HeaderMutation implements Mutation {
  private final JsonMutation header;
  private final ByteMutation bytes;

  HeaderMutation(JsonMutation header, ByteMutation bytes) {
    this.header = header;
    this.bytes = bytes;
  }

  @Override
  public byte[] apply(byte[] input, SplittableRandom random) {
    if (input.length < Long.BYTES || random.nextInt(3) == 0) {
      return bytes.apply(input, random);
    }
    long length = ByteBuffer.wrap(input).order(ByteOrder.LITTLE_ENDIAN).getLong();
    if (length < 0 || length > input.length - Long.BYTES) {
      return bytes.apply(input, random);
    }
    int end = Long.BYTES + (int) length;
    byte[] json = header.apply(Arrays.copyOfRange(input, Long.BYTES, end), random);
    return ByteBuffer.allocate(Long.BYTES + json.length + input.length - end)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(json.length)
        .put(json)
        .put(input, end, input.length - end)
        .array();
  }
}
