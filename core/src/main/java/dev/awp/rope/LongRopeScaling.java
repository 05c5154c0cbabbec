// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.rope;

import java.util.List;

/**
 * LongRoPE (Ding et al., 2024; "rope_type": "longrope", in older files "su"): every frequency is
 * divided by a factor of its own, one list for sequences within the original context and one for
 * longer ones; cosines and sines are multiplied by {@code attentionFactor} in both cases.
 *
 * @param shortFactors one for each pair of a head's dimensions
 * @param longFactors as many
 * @param originalContext the longest sequence, in tokens, for the short factors
 */
public record LongRopeScaling(
    List<Double> shortFactors,
    List<Double> longFactors,
    int originalContext,
    double attentionFactor)
    implements RopeScaling {
  public LongRopeScaling {
    shortFactors = List.copyOf(shortFactors);
    longFactors = List.copyOf(longFactors);
  }

  /** The factors for sequences of that many tokens. */
  public List<Double> factors(int length) {
    return length > originalContext ? longFactors : shortFactors;
  }
}
