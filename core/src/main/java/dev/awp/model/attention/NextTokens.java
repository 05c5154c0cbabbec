// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model.attention;

import dev.awp.tensor.Matrix;

/**
 * The next tokens of one sequence.
 *
 * @param past tokens in the cache before these
 * @param cached whether the cache has keys and values of these, too
 */
public record NextTokens(int past, KeyValueCache cache, boolean cached, Attention attention)
    implements SequencePlaces {
  @Override
  public int position(int row) {
    return past + row;
  }

  @Override
  public RotaryTable rotary() {
    return cache.rotary();
  }

  @Override
  public void attend(Matrix q, Matrix k, Matrix v, Matrix out) {
    if (!cached) {
      cache.append(k, v);
    }
    attention.last(q, cache.keys(), cache.values(), out);
  }
}
