// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config;

/**
 * A gated delta net (Yang, Kautz and Hatamizadeh, "Gated Delta Networks", arXiv 2412.06464). A
 * head's state S decays, S = g S, takes in what it does not say of the token yet, S = S + beta k (v
 * - S^T k)^T, and gives S^T q.
 *
 * @param keyHeads of queries and of keys; {@code heads} is a multiple of it
 * @param heads of values, each with a state, a decay and a beta
 * @param keyDimension columns of a head of queries or keys
 * @param valueDimension columns of a head of values
 * @param kernel tokens that the convolution sees
 */
public record GatedDeltaConfig(
    int keyHeads, int heads, int keyDimension, int valueDimension, int kernel)
    implements Recurrence {
  @Override
  public String title() {
    return "gated delta nets";
  }

  /** Columns of all heads of queries, or of keys. */
  public int keyWidth() {
    return keyHeads * keyDimension;
  }

  @Override
  public int convolved() {
    return 2 * keyWidth() + width();
  }
}
