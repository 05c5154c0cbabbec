// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model.attention;

import dev.awp.tensor.Matrix;

/**
 * The next tokens of one sequence.
 *
 * @param past tokens in the cache before these
 */
public record NextTokens(int past, KeyValueCache cache, Attention attention)
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
    cache.append(k, v);
    attention.last(q, cache.keys(), cache.values(), out);
  }
}
