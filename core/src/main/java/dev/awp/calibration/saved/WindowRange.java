// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.calibration.saved;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Consecutive windows among those that a seed chooses from texts. A larger choice of the same seed
 * begins with the smaller one.
 *
 * @param texts checksum of the texts' contents, in their order
 * @param seed of the choice
 * @param from the first, from 0
 * @param to one past the last
 */
public record WindowRange(String texts, long seed, int from, int to) {
  private static final Pattern WORDS =
      Pattern.compile("([0-9a-f]{64}) seed (-?\\d{1,19}) windows (\\d{1,9}) to (\\d{1,9})");

  public WindowRange {
    if (from < 0 || to <= from) {
      throw new IllegalArgumentException("no windows: from " + from + " to " + to);
    }
  }

  /** From what {@link #toString} gives; empty for anything else. */
  static Optional<WindowRange> parse(String words) {
    Matcher matcher = WORDS.matcher(words);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          new WindowRange(
              matcher.group(1),
              Long.parseLong(matcher.group(2)),
              Integer.parseInt(matcher.group(3)),
              Integer.parseInt(matcher.group(4))));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
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
  public String toString() {
    return "%s seed %s windows %s to %s".formatted(texts, seed, from, to);
  }
}
