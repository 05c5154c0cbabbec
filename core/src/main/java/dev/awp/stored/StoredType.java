// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.stored;

import dev.awp.tensor.DType;
import java.util.Optional;

/**
 * How the numbers of a tensor are stored: one by one in an element type, or as codes of several
 * numbers together, which decode.
 *
 * @param name such as BF16 or Q4_K
 * @param dtype the element type; empty for codes
 */
public record StoredType(String name, Optional<DType> dtype) {
  /** Numbers one by one. */
  public static StoredType of(DType dtype) {
    return new StoredType(dtype.name(), Optional.of(dtype));
  }

  /** Codes of several numbers together. */
  public static StoredType codes(String name) {
    return new StoredType(name, Optional.empty());
  }

  /** Whether awp decodes it to float32. */
  public boolean isComputable() {
    return dtype.isEmpty() || dtype.get().isComputable();
  }

  /**
   * The element type in which such numbers are written one by one: their own, and F16 for codes,
   * whose scales have no more digits.
   */
  public DType written() {
    return dtype.orElse(DType.F16);
  }
}
