// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.calibration.saved;

import static java.util.Objects.requireNonNull;

import java.util.Comparator;
import java.util.Optional;

/**
 * Consecutive windows among those that a seed chooses from texts. A larger choice of the same seed
 * begins with the smaller one.
 *
 * @param texts checksum of the texts' contents, in their order
 * @param seed of the choice
 * @param from the first, from 0
 * @param to one past the last
 */
public record WindowRange(String texts, long seed, int from, int to)
    implements Comparable<WindowRange> {
  private static final Comparator<WindowRange> ORDER =
      Comparator.comparing(WindowRange::texts)
          .thenComparingLong(WindowRange::seed)
          .thenComparingInt(WindowRange::from);

  public WindowRange {
    requireNonNull(texts, "texts");
    if (from < 0 || to <= from) {
      throw new IllegalArgumentException("no windows: from " + from + " to " + to);
    }
  }

  boolean isOfTheSameText(WindowRange other) {
    return texts.equals(other.texts);
  }

  /** Whether a window may be in both: of another seed's choice nobody knows. */
  boolean mayOverlap(WindowRange other) {
    return isOfTheSameText(other) && (seed != other.seed || (from < other.to && other.from < to));
  }

  /** Both as one, where the other goes on behind this one. */
  Optional<WindowRange> joined(WindowRange next) {
    return isOfTheSameText(next) && seed == next.seed && to == next.from
        ? Optional.of(new WindowRange(texts, seed, from, next.to))
        : Optional.empty();
  }

  /** In words, without the text's checksum. */
  String describe() {
    return "windows %s to %s of seed %s".formatted(from, to, seed);
  }

  @Override
  public int compareTo(WindowRange other) {
    return ORDER.compare(this, other);
  }
}
