// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.checkpoint;

import dev.awp.config.ExpertConfig;
import dev.awp.config.ExpertNames;
import dev.awp.config.ExpertRule;
import dev.awp.config.ExpertStack;
import dev.awp.config.ModelConfig;
import dev.awp.stored.StackSlice;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Where the experts of a model lie in files whose tensors hold those of a block together. */
public final class ExpertSlices {
  private final ModelConfig config;
  private final ExpertNames names;
  private final ExpertStack stack;
  private final Map<String, StackSlice> slices = new LinkedHashMap<>();

  private ExpertSlices(ModelConfig config, ExpertNames names, ExpertStack stack) {
    this.config = config;
    this.names = names;
    this.stack = stack;
  }

  /** The places by the names of tensors; none where each lies by itself. */
  public static Map<String, StackSlice> of(ModelConfig config) {
    ExpertNames names = config.architecture().experts().map(ExpertRule::names).orElse(null);
    if (names == null || names.stack().isEmpty() || config.names().expertsApart()) {
      return Map.of();
    }
    ExpertSlices all = new ExpertSlices(config, names, names.stack().get());
    for (int block = 0; block < config.layers(); block++) {
      String prefix = config.names().block(block);
      config.block(block).experts().ifPresent(experts -> all.add(prefix, experts));
    }
    return all.slices;
  }

  /**
   * The same model under the names that its files have, where transformers reads two forms: each
   * expert by itself, where no file has them together.
   *
   * @param stored names of all tensors
   */
  public static ModelConfig found(ModelConfig config, Set<String> stored) {
    boolean together =
        of(config).values().stream().anyMatch(slice -> stored.contains(slice.stack()));
    return mayLieApart(config) && !together
        ? config.withNames(config.names().withExpertsApart())
        : config;
  }

  /** Whether transformers reads the model with each expert by itself, too. */
  public static boolean mayLieApart(ModelConfig config) {
    return config
        .architecture()
        .experts()
        .flatMap(rule -> rule.names().stack())
        .filter(ExpertStack::apartToo)
        .isPresent();
  }

  private void add(String prefix, ExpertConfig experts) {
    long hidden = config.hiddenSize();
    long width = experts.width();
    for (int e = 0; e < experts.count(); e++) {
      String module = prefix + names.expert(e);
      String gateUp = prefix + stack.gateUp();
      Sizes both = new Sizes(experts.count(), 2 * width, hidden);
      long up = stack.interleaved() ? 1 : width;
      long step = stack.interleaved() ? 2 : 1;
      put(module + names.gate(), gateUp, both, new Rows(e, 0, step, width));
      put(module + names.up(), gateUp, both, new Rows(e, up, step, width));
      put(
          module + names.down(),
          prefix + stack.down(),
          new Sizes(experts.count(), hidden, width),
          new Rows(e, 0, 1, hidden));
    }
  }

  /** Of the matrices of all experts. */
  private record Sizes(long count, long outputs, long inputs) {}

  /** Some rows of an expert's matrix, from a first one on. */
  private record Rows(long expert, long first, long step, long count) {}

  private void put(String module, String tensor, Sizes sizes, Rows rows) {
    long begin = rows.expert() * sizes.outputs() * sizes.inputs();
    long outputStride = stack.transposed() ? 1 : sizes.inputs();
    List<Long> shape =
        stack.transposed()
            ? List.of(sizes.count(), sizes.inputs(), sizes.outputs())
            : List.of(sizes.count(), sizes.outputs(), sizes.inputs());
    slices.put(
        module + ".weight",
        new StackSlice(
            tensor,
            shape,
            List.of(rows.count(), sizes.inputs()),
            begin + rows.first() * outputStride,
            rows.step() * outputStride,
            stack.transposed() ? sizes.outputs() : 1));
    slices.put(
        module + ".bias",
        new StackSlice(
            tensor + stack.biasSuffix(),
            List.of(sizes.count(), sizes.outputs()),
            List.of(rows.count()),
            rows.expert() * sizes.outputs() + rows.first(),
            0,
            rows.step()));
  }
}
