// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.structured.choice;

import dev.awp.structured.UnitChoice;
import java.util.List;
import java.util.Optional;

/** All ways to choose units by name. */
public final class UnitChoices {
  /** A line a way, the best first. */
  private static final List<UnitChoice> ALL =
      List.of(new LeastSquares(), new Magnitude(), new WandaStructured());

  private UnitChoices() {}

  /** The one where nothing is said. */
  public static UnitChoice standard() {
    return ALL.getFirst();
  }

  /** The one of a name. */
  public static Optional<UnitChoice> byName(String name) {
    return ALL.stream().filter(choice -> choice.name().equals(name)).findFirst();
  }

  public static List<String> names() {
    return ALL.stream().map(UnitChoice::name).toList();
  }
}
