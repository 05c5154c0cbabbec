// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.kernel.vector;

import static dev.awp.kernel.vector.Lanes.COUNT;
import static dev.awp.kernel.vector.Lanes.FLOATS;
import static dev.awp.kernel.vector.Lanes.INTS;

import dev.awp.kernel.scalar.ScalarExp;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/** exp on whole vectors. */
final class VectorExp {
  private VectorExp() {}

  /** {@link ScalarExp#exp} on every lane, operation by operation. */
  static FloatVector exp(FloatVector argument) {
    FloatVector x =
        argument.blend(ScalarExp.LARGEST, argument.compare(VectorOperators.GT, ScalarExp.LARGEST));
    x = x.blend(ScalarExp.SMALLEST, x.compare(VectorOperators.LT, ScalarExp.SMALLEST));
    FloatVector n = x.mul(ScalarExp.LOG2_E).add(ScalarExp.ROUNDER).sub(ScalarExp.ROUNDER);
    FloatVector r = n.fma(FloatVector.broadcast(FLOATS, -ScalarExp.LN2_HIGH), x);
    r = n.fma(FloatVector.broadcast(FLOATS, -ScalarExp.LN2_LOW), r);
    FloatVector p =
        r.fma(
            FloatVector.broadcast(FLOATS, ScalarExp.P0),
            FloatVector.broadcast(FLOATS, ScalarExp.P1));
    p = p.fma(r, FloatVector.broadcast(FLOATS, ScalarExp.P2));
    p = p.fma(r, FloatVector.broadcast(FLOATS, ScalarExp.P3));
    p = p.fma(r, FloatVector.broadcast(FLOATS, ScalarExp.P4));
    p = p.fma(r, FloatVector.broadcast(FLOATS, ScalarExp.P5));
    FloatVector y = p.fma(r.mul(r), r).add(1f);
    IntVector exponent = (IntVector) n.convert(VectorOperators.F2I, 0);
    IntVector half = exponent.lanewise(VectorOperators.ASHR, 1);
    return y.mul(powerOfTwo(half)).mul(powerOfTwo(exponent.sub(half)));
  }

  private static FloatVector powerOfTwo(IntVector exponent) {
    return exponent.add(127).lanewise(VectorOperators.LSHL, 23).reinterpretAsFloats();
  }

  static {
    if (INTS.length() != COUNT) {
      throw new IllegalStateException("species of different lengths");
    }
  }
}
