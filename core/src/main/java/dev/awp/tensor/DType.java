// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.tensor;

import java.util.Optional;

/**
 * Element types of the safetensors format; awp computes with the first three and copies the rest.
 */
public enum DType {
  F32(32),
  F16(16),
  BF16(16),
  F64(64),
  I64(64),
  U64(64),
  I32(32),
  U32(32),
  I16(16),
  U16(16),
  I8(8),
  U8(8),
  BOOL(8),
  F8_E4M3(8),
  F8_E5M2(8),
  F8_E8M0(8),
  F6_E2M3(6),
  F6_E3M2(6),
  F4(4),
  C64(64);

  private final int bits;

  DType(int bits) {
    this.bits = bits;
  }

  /** Width of one element in bits; below 8 for the packed types. */
  public int bits() {
    return bits;
  }

  /** True for the types that awp decodes to float32, solves on and writes again. */
  public boolean isComputable() {
    return this == F32 || this == F16 || this == BF16;
  }

  /** The type of that name as safetensors spells it, or empty where no such type is known. */
  public static Optional<DType> byName(String name) {
    for (DType type : values()) {
      if (type.name().equals(name)) {
        return Optional.of(type);
      }
    }
    return Optional.empty();
  }
}
