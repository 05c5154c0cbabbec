// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress;

/** What a compression does with an unfinished one that it finds. */
public enum Start {
  /** Goes on where it ended; begins where there is none. */
  CONTINUE,
  /** Goes on where it ended; refuses where there is none. */
  RESUME,
  /** Throws it away and begins anew. */
  RESTART
}
