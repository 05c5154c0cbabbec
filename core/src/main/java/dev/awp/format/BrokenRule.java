// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format;

import java.util.List;

/**
 * A rule of a format's readers that a plan breaks.
 *
 * @param rule what is wrong, as the end of a sentence that begins with the layers
 * @param layers names of all layers that break it; empty where it is the model as a whole
 */
public record BrokenRule(String rule, List<String> layers) {
  public BrokenRule {
    layers = List.copyOf(layers);
  }

  /** The sentence. */
  public String describe() {
    return layers.isEmpty() ? rule : String.join(", ", layers) + ": " + rule;
  }
}
