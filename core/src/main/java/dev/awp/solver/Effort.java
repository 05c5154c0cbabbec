// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver;

/** How much time a solver may take for the last percent. */
public enum Effort {
  /** The best error for its cost. */
  NORMAL,
  /** A lower error at several times the cost. */
  HIGH
}
