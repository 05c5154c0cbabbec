// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.inspect.values;

import dev.awp.compute.Compute;
import dev.awp.inspect.StoredGrid;
import dev.awp.inspect.StoredWeight;
import dev.awp.inspect.StoredWeights;
import dev.awp.inspect.file.WeightFiles;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a checkpoint consists of.
 *
 * @param path as it was given
 * @param elements of all weights, as if they were dense
 * @param bytes of all tensors
 * @param bitsPerWeight 8 bytes / elements
 * @param sparsity share of exact zeros in the matrices; empty where values were not read
 * @param weights in the order of the files
 */
public record Inspection(
    String path,
    long elements,
    long bytes,
    double bitsPerWeight,
    Optional<Double> sparsity,
    List<Entry> weights) {
  private static final Logger LOG = LoggerFactory.getLogger(Inspection.class);

  public Inspection {
    weights = List.copyOf(weights);
  }

  /**
   * One weight.
   *
   * @param shape as a dense tensor
   * @param grid its integer grid, where it has one
   * @param statistics of its values, where they were read
   */
  public record Entry(
      String name,
      String storage,
      List<Long> shape,
      long elements,
      long bytes,
      Optional<StoredGrid> grid,
      Optional<WeightStatistics> statistics) {
    public Entry {
      shape = List.copyOf(shape);
    }

    /** 8 bytes / elements, scales and zero points included. */
    public double bitsPerWeight() {
      return elements == 0 ? 0 : 8.0 * bytes / elements;
    }
  }

  /**
   * Looks at a file or folder.
   *
   * @param values whether to read the values, or names and shapes alone
   */
  public static Inspection of(Path path, boolean values, Compute compute) {
    try (StoredWeights weights = WeightFiles.open(path, compute.kernels())) {
      List<Entry> entries = new ArrayList<>();
      for (StoredWeight weight : weights.weights()) {
        if (values) {
          LOG.info("reading {}", weight.name());
        }
        entries.add(entry(weight, values, compute));
      }
      return of(path, entries);
    }
  }

  private static Entry entry(StoredWeight weight, boolean values, Compute compute) {
    boolean read = values && weight.isDecodable() && weight.elements() > 0;
    return new Entry(
        weight.name(),
        weight.storage(),
        weight.shape(),
        weight.elements(),
        weight.bytes(),
        weight.grid(),
        read ? Optional.of(WeightStatistics.of(weight, compute)) : Optional.empty());
  }

  private static Inspection of(Path path, List<Entry> entries) {
    long elements = entries.stream().mapToLong(Entry::elements).sum();
    long bytes = entries.stream().mapToLong(Entry::bytes).sum();
    double zeros = 0;
    long counted = 0;
    for (Entry entry : entries) {
      if (entry.shape().size() >= 2 && entry.statistics().isPresent()) {
        zeros += entry.statistics().get().sparsity() * entry.elements();
        counted += entry.elements();
      }
    }
    return new Inspection(
        path.toString(),
        elements,
        bytes,
        elements == 0 ? 0 : 8.0 * bytes / elements,
        counted == 0 ? Optional.empty() : Optional.of(zeros / counted),
        entries);
  }
}
