// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.kernel;

import java.lang.foreign.MemorySegment;

/**
 * Conversion between stored element types and float32. The stored side is little-endian and may lie
 * at any byte offset (safetensors files need not be aligned); the float32 side is native.
 */
public interface ConversionKernels {
  /** BF16 to float32: exact. Source of 2n bytes, destination of n floats. */
  void decodeBf16(MemorySegment source, MemorySegment destination);

  /** IEEE binary16 to float32: exact, subnormals included; a NaN stays a NaN. */
  void decodeF16(MemorySegment source, MemorySegment destination);

  /** Little-endian float32 at any offset to native float32: a copy of the bits. */
  void decodeF32(MemorySegment source, MemorySegment destination);

  /**
   * float32 to BF16, to nearest with ties to even; beyond the largest finite value to infinity; a
   * NaN becomes a quiet NaN of the same sign. Source of n floats, destination of 2n bytes.
   */
  void encodeBf16(MemorySegment source, MemorySegment destination);

  /**
   * A float32 as the sum of two BF16: high is x as {@link #encodeBf16} has it, low what is left, x
   * - high, by the same rounding; low is zero where high is not finite. Source of n floats, both
   * destinations of 2n bytes.
   */
  void splitBf16(MemorySegment source, MemorySegment high, MemorySegment low);

  /**
   * float32 to IEEE binary16 as {@link Float#floatToFloat16(float)} does: nearest, ties to even.
   */
  void encodeF16(MemorySegment source, MemorySegment destination);

  /** Native float32 to little-endian float32 at any offset: a copy of the bits. */
  void encodeF32(MemorySegment source, MemorySegment destination);
}
