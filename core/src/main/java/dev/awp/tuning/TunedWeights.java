// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.tuning;

import dev.awp.constraint.GridParameters;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;

/** The weights of a layer on their way: at every step they lie in their constraint set. */
public interface TunedWeights {
  /** Writes the present weights, as they would be stored, [dOut, dIn]. */
  void put(Matrix out);

  /**
   * Takes a step against the signs of derivatives.
   *
   * @param derivatives by the weights [dOut, dIn]
   * @param rate length of the step: of a code, in codes; of a scale or a value, see {@link
   *     TuningOptions}
   */
  void move(Matrix derivatives, float rate);

  /** Remembers the present weights as the best ones. */
  void keep();

  /** Goes back to the best ones. */
  void restore();

  /** Scales and zero points of the present weights; empty where there is no grid. */
  GridParameters grid(Arena arena);
}
