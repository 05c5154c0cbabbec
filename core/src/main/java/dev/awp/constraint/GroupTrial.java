// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.constraint;

import java.lang.foreign.MemorySegment;

/** Other fits of one group on trial, in all lanes, while its own stays as it is. For one worker. */
public interface GroupTrial {
  /**
   * Begins anew.
   *
   * @param column of the group
   */
  void begin(int column);

  /**
   * Puts a fit on trial that is a little off the group's own in every lane, and storable.
   *
   * @param index 0 .. {@link Grid#neighbours()} - 1
   */
  void propose(int index);

  /** The values of codes in the fit on trial. */
  void values(MemorySegment codes, MemorySegment out);

  /** Remembers what is on trial in a lane, in the place of what was remembered before. */
  void keep(int lane);

  /** Ends: each lane's fit is what was remembered, or its own still. */
  void take();
}
