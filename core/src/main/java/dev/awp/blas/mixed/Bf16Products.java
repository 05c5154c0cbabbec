// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.blas.mixed;

import dev.awp.blas.Blas.Op;
import dev.awp.blas.Precision;
import dev.awp.blas.RightOperand;
import dev.awp.blas.RowSource;
import dev.awp.parallel.Workers;
import java.lang.foreign.Arena;
import java.util.List;

/**
 * A library and a processor that multiply bfloat16 parts of float32 operands and sum in float32.
 * Every row of a result is the same bytes whatever rows a call covers.
 */
public interface Bf16Products {
  /** Library, version and instruction set, for logs and reports. */
  String name();

  /**
   * The precisions that are faster than float32 on this processor, the fastest first; by its
   * instruction set, so that results do not depend on a measurement.
   */
  List<Precision> faster();

  /**
   * The most off-heap memory that a prepared operand takes, while it is made and while that many
   * threads multiply with it, in bytes.
   */
  long memoryBytes(Precision precision, int k, int n, int threads);

  /**
   * op(B) in its bfloat16 parts. For the coordinating thread.
   *
   * @param precision not {@link Precision#F32}
   * @param b [k, n], or [n, k] under TRANSPOSE; not referred to after the call
   * @param workers make them together; the parts are the same for any number
   * @param arena owns the parts; usable from all threads that multiply
   */
  RightOperand prepare(Precision precision, Op op, RowSource b, Workers workers, Arena arena);
}
