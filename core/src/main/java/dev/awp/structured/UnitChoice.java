// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.structured;

import dev.awp.compute.Compute;
import java.lang.foreign.SegmentAllocator;

/** A way to choose the units that stay. */
public interface UnitChoice {
  /** The word for it on the command line. */
  String name();

  /** Whether weights that stay change, to make up for those that go. */
  boolean compensates();

  /**
   * Chooses.
   *
   * @param allocator of the weights
   */
  KeptUnits choose(RemovalProblem problem, Compute compute, SegmentAllocator allocator);
}
