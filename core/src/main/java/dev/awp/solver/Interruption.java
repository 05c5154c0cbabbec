// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver;

import dev.awp.AwpException;

/** How a solver ends when its thread is interrupted: asked between iterations. */
public final class Interruption {
  private Interruption() {}

  /**
   * Ends the solver where its thread was interrupted.
   *
   * @throws AwpException then
   */
  public static void check() {
    if (Thread.currentThread().isInterrupted()) {
      throw new AwpException("interrupted");
    }
  }
}
