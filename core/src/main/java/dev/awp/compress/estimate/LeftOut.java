// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.estimate;

import java.util.ArrayList;
import java.util.List;

/**
 * What a run does before its first layer is solved, and its plan does not: it measures what the
 * plan then depends on.
 *
 * @param flops about
 * @param estimates what stands in the plan until then, a sentence each
 */
public record LeftOut(double flops, List<String> estimates) {
  /** Of a run that measures nothing, or was planned with it. */
  public static final LeftOut NONE = new LeftOut(0, List.of());

  public LeftOut {
    estimates = List.copyOf(estimates);
  }

  /** Both. */
  public LeftOut and(LeftOut other) {
    List<String> both = new ArrayList<>(estimates);
    both.addAll(other.estimates);
    return new LeftOut(flops + other.flops, both);
  }
}
