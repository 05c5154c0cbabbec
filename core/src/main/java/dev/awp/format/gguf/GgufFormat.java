// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format.gguf;

import dev.awp.checkpoint.Checkpoint;
import dev.awp.config.ModelConfig;
import dev.awp.constraint.GridStorage;
import dev.awp.disk.OutputPlace;
import dev.awp.format.BrokenRule;
import dev.awp.format.FormatWriter;
import dev.awp.format.ModelPlan;
import dev.awp.format.OutputFormat;
import dev.awp.format.PlannedSizes;
import dev.awp.gguf.file.GgufParts;
import dev.awp.gguf.model.GgufArchitecture;
import dev.awp.gguf.tokenizer.GgufTokenizer;
import dev.awp.kernel.Kernels;
import dev.awp.tensor.DType;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** One file for llama.cpp, {@value #FILE}, with the tokenizer inside. */
public record GgufFormat(GgufOptions types) implements OutputFormat {
  /** The word for {@code --format}. */
  public static final String NAME = "gguf";

  static final String FILE = "model.gguf";

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Map<String, String> options() {
    return types.described();
  }

  @Override
  public Checkpoint shown(Checkpoint model) {
    return GgufArchitecture.of(model.config()).foldsMultipliers()
        ? FoldedMultipliers.of(model)
        : model;
  }

  /** A path that ends in .gguf is the file itself. */
  @Override
  public OutputPlace place(Path output) {
    return GgufParts.isNamedSo(output)
        ? OutputPlace.file(output, FILE)
        : OutputPlace.folder(output);
  }

  /** Of integer grids, which no block has: {@link #brokenRules} refuses them. */
  @Override
  public GridStorage gridStorage(DType dtype) {
    return new GridStorage(Set.of(DType.F16), DType.F32, 0);
  }

  /** In the graphs that have it: {@link #brokenRules} refuses the others. */
  @Override
  public boolean hasBlockSizes() {
    return true;
  }

  @Override
  public Optional<PlannedSizes> sizes() {
    return Optional.of(new GgufSizes(types));
  }

  @Override
  public List<BrokenRule> brokenRules(ModelPlan plan) {
    List<BrokenRule> broken = GgufRules.broken(plan, types);
    if (broken.isEmpty()) {
      // What is wrong with a tokenizer is an AwpException of its own.
      var _ = tokenizer(plan);
    }
    return broken;
  }

  @Override
  public List<String> warnings(ModelPlan plan) {
    return new GgufWarnings(plan).all();
  }

  static GgufTokenizer.Result tokenizer(ModelPlan plan) {
    ModelConfig config = plan.layout().config();
    return GgufTokenizer.of(
        plan.checkpoint().companions(),
        config.vocabularySize(),
        GgufArchitecture.of(config).isGemma4());
  }

  @Override
  public FormatWriter create(Path folder, ModelPlan plan, Kernels kernels, String version) {
    return GgufModelWriter.create(folder.resolve(FILE), plan, types, kernels);
  }
}
