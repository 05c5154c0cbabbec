// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.structured;

import java.util.List;
import java.util.Optional;

/** All ways to choose blocks by name. */
public final class BlockMeasures {
  /** A line a way, the best first. */
  private static final List<BlockMeasure> ALL = List.of(new BlockDivergence(), new BlockCosine());

  private BlockMeasures() {}

  /** The one where nothing is said. */
  public static BlockMeasure standard() {
    return ALL.getFirst();
  }

  /** The one of a name. */
  public static Optional<BlockMeasure> byName(String name) {
    return ALL.stream().filter(measure -> measure.name().equals(name)).findFirst();
  }

  public static List<String> names() {
    return ALL.stream().map(BlockMeasure::name).toList();
  }
}
