// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.eval;

/** Counts the blocks that batches of windows have gone through, and tells of each. */
final class BlockCount {
  private final int total;
  private final Perplexity.Listener listener;
  private int done;

  BlockCount(int total, Perplexity.Listener listener) {
    this.total = total;
    this.listener = listener;
  }

  void done() {
    done++;
    listener.blockDone(done, total);
  }
}
