// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.inspect.values;

import dev.awp.compute.Compute;
import dev.awp.inspect.StoredWeight;
import dev.awp.inspect.StoredWeights;
import dev.awp.inspect.file.WeightFiles;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How two checkpoints differ, weight by weight; a dense one and a packed one are compared by the
 * values that they stand for.
 *
 * @param before the first path
 * @param after the second path
 * @param onlyBefore names of weights that the second lacks
 * @param onlyAfter names of weights that the first lacks
 * @param weights that both have, in the order of the first
 */
public record Difference(
    String before,
    String after,
    List<String> onlyBefore,
    List<String> onlyAfter,
    List<Entry> weights) {
  private static final Logger LOG = LoggerFactory.getLogger(Difference.class);

  public Difference {
    onlyBefore = List.copyOf(onlyBefore);
    onlyAfter = List.copyOf(onlyAfter);
    weights = List.copyOf(weights);
  }

  /** A weight in one of the checkpoints. */
  public record Form(String storage, List<Long> shape, long bytes) {
    public Form {
      shape = List.copyOf(shape);
    }

    private static Form of(StoredWeight weight) {
      return new Form(weight.storage(), weight.shape(), weight.bytes());
    }
  }

  /**
   * A weight that both have.
   *
   * @param nameAfter its name in the second: another where blocks before it were removed
   * @param values how the values differ, of the part that stays where the report beside the second
   *     tells it; empty where shapes differ otherwise or the type is not read
   */
  public record Entry(
      String name, String nameAfter, Form before, Form after, Optional<ValueDifference> values) {
    /** Whether name, shape, storage and every value are the same. */
    public boolean isSame() {
      return name.equals(nameAfter)
          && before.equals(after)
          && values.map(v -> v.changed() == 0).orElse(false);
    }
  }

  /** Compares two files or folders. */
  public static Difference of(Path before, Path after, Compute compute) {
    try (StoredWeights first = WeightFiles.open(before, compute.kernels());
        StoredWeights second = WeightFiles.open(after, compute.kernels())) {
      Optional<StayingParts> parts = StayingParts.of(after);
      Map<String, StoredWeight> others = new LinkedHashMap<>();
      second
          .weights()
          .forEach(
              weight ->
                  others.put(
                      parts.map(some -> some.nameBefore(weight.name())).orElse(weight.name()),
                      weight));
      List<String> onlyBefore = new ArrayList<>();
      List<Entry> entries = new ArrayList<>();
      for (StoredWeight weight : first.weights()) {
        StoredWeight other = others.remove(weight.name());
        if (other == null) {
          onlyBefore.add(weight.name());
        } else {
          LOG.info("reading {}", weight.name());
          entries.add(entry(weight, other, parts, compute));
        }
      }
      List<String> onlyAfter = others.values().stream().map(StoredWeight::name).toList();
      return new Difference(before.toString(), after.toString(), onlyBefore, onlyAfter, entries);
    }
  }

  private static Entry entry(
      StoredWeight before, StoredWeight after, Optional<StayingParts> parts, Compute compute) {
    Optional<StoredWeight> same =
        before.shape().equals(after.shape())
            ? Optional.of(before)
            : parts.flatMap(some -> some.part(before, after));
    return new Entry(
        before.name(),
        after.name(),
        Form.of(before),
        Form.of(after),
        same.filter(part -> part.elements() > 0 && part.isDecodable() && after.isDecodable())
            .map(part -> ValueDifference.of(part, after, compute)));
  }
}
