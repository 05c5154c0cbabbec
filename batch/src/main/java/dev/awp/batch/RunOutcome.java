// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.batch;

import java.io.Serializable;

/**
 * How one run ended.
 *
 * @param end in which way
 * @param sentence why, where it failed; else empty
 * @param seconds that the last attempt took
 * @param host where it was
 * @param attempt from 1: one more for each machine that was lost
 */
record RunOutcome(End end, String sentence, double seconds, String host, int attempt)
    implements Serializable {
  enum End {
    /** The output is there. */
    FINISHED,
    /** It was there before the batch began. */
    SKIPPED,
    /** awp refused or failed, and would again. */
    FAILED,
    /** The machine computes otherwise than the others: the batch ends. */
    FOREIGN
  }

  static RunOutcome failed(String sentence) {
    return new RunOutcome(End.FAILED, sentence, 0, "", 0);
  }

  boolean isGood() {
    return end == End.FINISHED || end == End.SKIPPED;
  }
}
