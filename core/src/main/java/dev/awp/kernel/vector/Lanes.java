// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.kernel.vector;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/** The species that all vector kernels use, and how they load and store. */
final class Lanes {
  /** The widest that this JVM prefers: -XX:MaxVectorSize and -XX:UseAVX decide. */
  static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;

  static final VectorSpecies<Integer> INTS = IntVector.SPECIES_PREFERRED;
  static final VectorSpecies<Double> DOUBLES = DoubleVector.SPECIES_PREFERRED;

  /** As many 16-bit lanes as {@link #FLOATS} has lanes: half the width. */
  static final VectorSpecies<Short> SHORTS =
      VectorSpecies.of(short.class, VectorShape.forBitSize(FLOATS.vectorBitSize() / 2));

  static final int COUNT = FLOATS.length();
  static final ByteOrder NATIVE = ByteOrder.nativeOrder();
  static final ByteOrder STORED = ByteOrder.LITTLE_ENDIAN;
  static final int MAGNITUDE = 0x7fffffff;

  private Lanes() {}

  static FloatVector load(MemorySegment x, int i) {
    return FloatVector.fromMemorySegment(FLOATS, x, (long) i * Float.BYTES, NATIVE);
  }

  /** Lanes past the end of the row are zero. */
  static FloatVector load(MemorySegment x, int i, VectorMask<Float> tail) {
    return FloatVector.fromMemorySegment(FLOATS, x, (long) i * Float.BYTES, NATIVE, tail);
  }

  static IntVector loadBits(MemorySegment x, int i) {
    return IntVector.fromMemorySegment(INTS, x, (long) i * Float.BYTES, NATIVE);
  }

  static IntVector loadBits(MemorySegment x, int i, VectorMask<Integer> tail) {
    return IntVector.fromMemorySegment(INTS, x, (long) i * Float.BYTES, NATIVE, tail);
  }

  static IntVector loadMagnitudes(MemorySegment x, int i) {
    return loadBits(x, i).and(MAGNITUDE);
  }

  static IntVector loadMagnitudes(MemorySegment x, int i, VectorMask<Integer> tail) {
    return loadBits(x, i, tail).and(MAGNITUDE);
  }

  static void store(FloatVector v, MemorySegment out, int i) {
    v.intoMemorySegment(out, (long) i * Float.BYTES, NATIVE);
  }

  static void store(FloatVector v, MemorySegment out, int i, VectorMask<Float> tail) {
    v.intoMemorySegment(out, (long) i * Float.BYTES, NATIVE, tail);
  }

  static void storeBits(IntVector v, MemorySegment out, int i) {
    v.intoMemorySegment(out, (long) i * Float.BYTES, NATIVE);
  }

  static void storeBits(IntVector v, MemorySegment out, int i, VectorMask<Integer> tail) {
    v.intoMemorySegment(out, (long) i * Float.BYTES, NATIVE, tail);
  }

  /** The lower (part 0) or upper (part 1) half of the lanes in float64. */
  static DoubleVector widen(FloatVector v, int part) {
    return (DoubleVector) v.convertShape(VectorOperators.F2D, DOUBLES, part);
  }
}
