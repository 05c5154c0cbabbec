// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config;

import java.util.Optional;
import java.util.stream.Stream;

/**
 * The norms of a step of a block by their modules.
 *
 * @param before of what goes into the step
 * @param after of what comes out of it, before it is added to the hidden states
 */
public record StepNorms(Optional<String> before, Optional<String> after) {
  public static StepNorms before(String module) {
    return new StepNorms(Optional.of(module), Optional.empty());
  }

  public static StepNorms after(String module) {
    return new StepNorms(Optional.empty(), Optional.of(module));
  }

  /** The modules of those that there are. */
  public Stream<String> modules() {
    return Stream.of(before, after).flatMap(Optional::stream);
  }
}
