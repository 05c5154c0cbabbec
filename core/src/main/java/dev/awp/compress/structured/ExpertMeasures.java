// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.structured;

import java.util.List;
import java.util.Optional;

/** All ways to choose experts by name. */
public final class ExpertMeasures {
  /** A line a way, the best first. */
  private static final List<ExpertMeasure> ALL = List.of(new ExpertSaliency(), new ExpertTokens());

  private ExpertMeasures() {}

  /** The one where nothing is said. */
  public static ExpertMeasure standard() {
    return ALL.getFirst();
  }

  /** The one of a name. */
  public static Optional<ExpertMeasure> byName(String name) {
    return ALL.stream().filter(measure -> measure.name().equals(name)).findFirst();
  }

  public static List<String> names() {
    return ALL.stream().map(ExpertMeasure::name).toList();
  }
}
