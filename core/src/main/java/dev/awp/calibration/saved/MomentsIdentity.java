// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.calibration.saved;

import static java.util.Objects.requireNonNull;
import static java.util.stream.Collectors.joining;

import dev.awp.AwpException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * What moments were taken of. Those of one identity are the same but for rounding; those of one
 * model, length and precision can be added where no window is in both.
 *
 * @param model checksum of the model's files
 * @param length tokens of a window
 * @param precision of the products that delivered the inputs: f32, bf16 or bf16x3
 * @param windows without overlap, in the order of texts, seeds and places; neighbours are one range
 */
public record MomentsIdentity(
    String model, int length, String precision, List<WindowRange> windows) {
  public MomentsIdentity {
    requireNonNull(model, "model");
    requireNonNull(precision, "precision");
    windows = inOrder(requireNonNull(windows, "windows"));
    if (windows.isEmpty()) {
      throw new IllegalArgumentException("no windows");
    }
  }

  private static List<WindowRange> inOrder(List<WindowRange> windows) {
    List<WindowRange> sorted = new ArrayList<>(windows);
    Collections.sort(sorted);
    List<WindowRange> joined = new ArrayList<>();
    for (WindowRange range : sorted) {
      Optional<WindowRange> both =
          joined.isEmpty() ? Optional.empty() : joined.getLast().joined(range);
      both.ifPresent(_ -> joined.removeLast());
      joined.add(both.orElse(range));
    }
    return List.copyOf(joined);
  }

  /** The first difference from what is wanted, in words that follow "the moments are"; or none. */
  public Optional<String> differenceFrom(MomentsIdentity wanted) {
    if (!model.equals(wanted.model)) {
      return Optional.of("those of another model");
    }
    if (length != wanted.length) {
      return Optional.of("of windows of %s tokens, not of %s".formatted(length, wanted.length));
    }
    if (!precision.equals(wanted.precision)) {
      return Optional.of("taken in %s, not in %s".formatted(precision, wanted.precision));
    }
    if (windows.equals(wanted.windows)) {
      return Optional.empty();
    }
    boolean sameTexts = texts().equals(wanted.texts());
    return Optional.of(
        sameTexts
            ? "of %s, not of %s".formatted(describe(windows), describe(wanted.windows))
            : "those of other texts");
  }

  /**
   * Of some of the windows of a calibration that is one range.
   *
   * @param from the first of them, counted in this
   * @param to one past the last
   */
  public MomentsIdentity part(int from, int to) {
    WindowRange whole = windows.getFirst();
    return new MomentsIdentity(
        model,
        length,
        precision,
        List.of(
            new WindowRange(whole.texts(), whole.seed(), whole.from() + from, whole.from() + to)));
  }

  /** The windows in words, without the texts' checksums. */
  public String describe() {
    return describe(windows);
  }

  private List<String> texts() {
    return windows.stream().map(WindowRange::texts).distinct().toList();
  }

  private static String describe(List<WindowRange> windows) {
    return windows.stream().map(WindowRange::describe).collect(joining(" and "));
  }

  /**
   * What the sum of both would be of.
   *
   * @param file of the other, for messages
   * @throws AwpException where they cannot be added
   */
  MomentsIdentity plus(MomentsIdentity other, Path file) {
    Optional<String> difference =
        other.differenceFrom(new MomentsIdentity(model, length, precision, other.windows));
    if (difference.isPresent()) {
      throw new AwpException(
          "%s: cannot be added: the moments are %s".formatted(file, difference.get()));
    }
    for (WindowRange range : other.windows) {
      for (WindowRange own : windows) {
        if (range.mayOverlap(own)) {
          throw new AwpException(
              "%s: cannot be added: %s may overlap %s of the same texts"
                  .formatted(file, range.describe(), own.describe()));
        }
      }
    }
    List<WindowRange> all = new ArrayList<>(windows);
    all.addAll(other.windows);
    return new MomentsIdentity(model, length, precision, all);
  }
}
