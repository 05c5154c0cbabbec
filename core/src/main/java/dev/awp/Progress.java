// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp;

/**
 * Hears which step a walk begins. The one seam of progress that every room may use; what a command
 * tells beyond steps, it tells by a seam of its own that extends this one.
 */
@FunctionalInterface
public interface Progress {
  /** Hears nothing. */
  Progress NONE = what -> {};

  /** A step begins, told in a few words: "tokenizing a.txt". */
  void step(String what);
}
