// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.calibration.saved;

import static java.util.stream.Collectors.joining;

import dev.awp.AwpException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

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
  /** Of the file: what it holds under which names, and this metadata. */
  static final String VERSION = "1";

  private static final String PREFIX = "awp.moments.";
  private static final String SEPARATOR = ", ";

  public MomentsIdentity {
    windows = inOrder(windows);
  }

  private static List<WindowRange> inOrder(List<WindowRange> windows) {
    List<WindowRange> sorted = new ArrayList<>(windows);
    sorted.sort(
        Comparator.comparing(WindowRange::texts)
            .thenComparingLong(WindowRange::seed)
            .thenComparingInt(WindowRange::from));
    List<WindowRange> joined = new ArrayList<>();
    for (WindowRange range : sorted) {
      Optional<WindowRange> both =
          joined.isEmpty() ? Optional.empty() : joined.getLast().joined(range);
      both.ifPresent(_ -> joined.removeLast());
      joined.add(both.orElse(range));
    }
    return List.copyOf(joined);
  }

  /**
   * As strings, for the file's header.
   *
   * @param awp version of the program
   */
  SortedMap<String, String> toMetadata(String awp) {
    SortedMap<String, String> all = new TreeMap<>();
    all.put(PREFIX + "version", VERSION);
    all.put(PREFIX + "awp", awp);
    all.put(PREFIX + "sums", "F64, lower triangle, row after row");
    all.put(PREFIX + "model", model);
    all.put(PREFIX + "sequenceLength", Integer.toString(length));
    all.put(PREFIX + "precision", precision);
    all.put(
        PREFIX + "windows",
        windows.stream().map(WindowRange::toString).collect(joining(SEPARATOR)));
    return all;
  }

  /**
   * From a file's header.
   *
   * @throws AwpException for a file of another kind or version
   */
  static MomentsIdentity of(Path file, Map<String, String> metadata) {
    String version = metadata.get(PREFIX + "version");
    if (version == null) {
      throw new AwpException(
          file + ": holds no sums of moments: an older awp wrote it, or another program");
    }
    if (!version.equals(VERSION)) {
      throw new AwpException(
          "%s: the moments are of version %s, this awp reads version %s"
              .formatted(file, version, VERSION));
    }
    try {
      return new MomentsIdentity(
          value(file, metadata, "model"),
          Integer.parseInt(value(file, metadata, "sequenceLength")),
          value(file, metadata, "precision"),
          Arrays.stream(value(file, metadata, "windows").split(SEPARATOR))
              .map(words -> WindowRange.parse(words).orElseThrow(() -> unreadable(file, words)))
              .toList());
    } catch (NumberFormatException e) {
      throw unreadable(file, e.getMessage());
    }
  }

  private static String value(Path file, Map<String, String> metadata, String key) {
    String value = metadata.get(PREFIX + key);
    if (value == null) {
      throw new AwpException(file + ": the header does not say " + PREFIX + key);
    }
    return value;
  }

  private static AwpException unreadable(Path file, String words) {
    return new AwpException("%s: the header cannot be understood: %s".formatted(file, words));
  }

  /** The first difference from what is wanted, in words that follow "the moments are"; or none. */
  Optional<String> differenceFrom(MomentsIdentity wanted) {
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
