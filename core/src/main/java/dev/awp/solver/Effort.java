// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver;

import java.util.Locale;

/** How much time a solver may take for the last percent. */
public enum Effort {
  /** A fraction of the time, at an error between that of one-shot methods and the best. */
  LOW,
  /** The best error for its cost. */
  NORMAL,
  /** A lower error at several times the cost. */
  HIGH,
  /** As normal; what is solved may then be tuned by whoever asked for it. */
  MAX;

  /** As options and recipes say it. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
