// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.disk;

import java.io.IOException;
import java.lang.foreign.MemorySegment;

/** Bytes that are made part by part, for there may be more than memory holds. */
@FunctionalInterface
public interface Parts {
  /** What takes the parts, one behind the other. */
  @FunctionalInterface
  interface Sink {
    /** Takes a part, whose memory may be used again afterwards. */
    void accept(MemorySegment part) throws IOException;
  }

  /** Gives all parts. */
  void writeTo(Sink sink) throws IOException;
}
