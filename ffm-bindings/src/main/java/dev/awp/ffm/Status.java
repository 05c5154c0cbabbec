// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.ffm;

import dev.awp.ffm.dnnl.DnnlHeader;

/** What oneDNN's functions return. */
final class Status {
  private Status() {}

  /** Arguments are checked before every call, so a failure is one of the library or of memory. */
  static void check(String function, int status) {
    if (status == DnnlHeader.dnnl_out_of_memory()) {
      throw new OutOfMemoryError("oneDNN's " + function + " got no memory");
    }
    if (status != DnnlHeader.dnnl_success()) {
      throw new IllegalStateException("oneDNN's %s failed: status %s".formatted(function, status));
    }
  }
}
