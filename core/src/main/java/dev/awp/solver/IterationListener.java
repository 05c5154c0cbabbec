// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver;

/** Hears how a solver goes on, on the thread that called it. */
@FunctionalInterface
public interface IterationListener {
  /** A listener that does not listen. */
  IterationListener NONE = (record, denseObjective) -> {};

  /** An iterate was evaluated. */
  void iteration(IterationRecord record, double denseObjective);
}
