// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format.gguf;

import dev.awp.checkpoint.Checkpoint;
import dev.awp.checkpoint.CheckpointView;
import dev.awp.checkpoint.ConfigCorrections;
import dev.awp.config.AttentionConfig;
import dev.awp.config.AttentionScores;
import dev.awp.config.BlockConfig;
import dev.awp.config.Mamba2Config;
import dev.awp.config.ModelConfig;
import dev.awp.config.Multipliers;
import dev.awp.config.Recurrence;
import dev.awp.config.SublayerMultipliers;
import dev.awp.model.AttentionStep;
import dev.awp.model.BlockStep;
import dev.awp.model.LinearLayer;
import dev.awp.model.Mamba2Step;
import dev.awp.model.MlpStep;
import dev.awp.model.ModelLayout;
import dev.awp.stored.StoredTensor;
import java.util.ArrayList;
import java.util.List;

/**
 * A model whose multipliers are multiplied into its weights: the same function without them, for
 * graphs that have none. Owns the original.
 */
final class FoldedMultipliers extends CheckpointView {
  private static final String QUERIES = ".q_proj";
  private static final String KEYS = ".k_proj";
  private static final String VALUES = ".v_proj";
  private static final String GATES = ".gate_proj";

  private final ModelConfig config;
  private final boolean untied;

  private FoldedMultipliers(Checkpoint original) {
    super(original);
    ModelConfig own = original.config();
    Multipliers multipliers = own.multipliers();
    this.untied = own.tieWordEmbeddings() && multipliers.embeddings() != multipliers.logits();
    ModelConfig headed = untied ? own.untied() : own;
    this.config =
        headed.withoutMultipliers(own.blocks().stream().map(FoldedMultipliers::plain).toList());
    tensors.putAll(original.byName());
    ModelLayout layout = ModelLayout.of(own);
    String head = own.names().headTensor();
    if (untied || !own.tieWordEmbeddings()) {
      StoredTensor matrix = original.tensor(layout.headTensor());
      tensors.put(head, FoldedTensor.of(head, matrix, multipliers.logits()));
    }
    multiply(own.names().embedding(), multipliers.embeddings());
    for (int block = 0; block < own.layers(); block++) {
      for (BlockStep step : layout.blockSteps(block)) {
        step.linears().forEach(linear -> multiply(step, linear));
      }
    }
  }

  /** The checkpoint itself where there is nothing to fold, or a bias that is not multiplied. */
  static Checkpoint of(Checkpoint original) {
    ModelConfig config = original.config();
    boolean plain =
        config.multipliers().equals(Multipliers.NONE)
            && config.blocks().stream().allMatch(block -> plain(block).equals(block));
    return plain || hasBias(original) ? original : new FoldedMultipliers(original);
  }

  private static boolean hasBias(Checkpoint original) {
    ModelLayout layout = ModelLayout.of(original.config());
    return layout.blockSteps(0).stream()
        .anyMatch(step -> step.linears().stream().anyMatch(step::hasBias));
  }

  private static BlockConfig plain(BlockConfig block) {
    return new BlockConfig(
        block.ownAttention().map(FoldedMultipliers::plain),
        block.recurrence().map(FoldedMultipliers::plain),
        block.ownMlp(),
        block.experts(),
        block.perLayer());
  }

  private static AttentionConfig plain(AttentionConfig attention) {
    AttentionScores scores = attention.scores();
    return attention.withScores(
        new AttentionScores(
            attention.headDimension(), scores.softCap(), scores.temperature(), scores.sinks()));
  }

  private static Recurrence plain(Recurrence recurrence) {
    return recurrence instanceof Mamba2Config mamba ? mamba.withoutMultipliers() : recurrence;
  }

  private void multiply(BlockStep step, LinearLayer linear) {
    float output = linear.site().next().isEmpty() ? step.multiplier() : 1;
    SublayerMultipliers all = original().config().multipliers().sublayers();
    switch (step) {
      case AttentionStep attention when isInput(linear) ->
          multiply(
              linear.weight(),
              attention.inputMultiplier()
                  * (linear.name().endsWith(KEYS) ? keys(attention.config()) : 1));
      case Mamba2Step mamba when linear.site().next().isPresent() ->
          multiply(linear.weight(), mamba);
      case MlpStep _ when linear.name().endsWith(GATES) -> multiply(linear.weight(), all.gates());
      default -> multiply(linear.weight(), output);
    }
  }

  private static boolean isInput(LinearLayer linear) {
    return linear.name().endsWith(QUERIES)
        || linear.name().endsWith(KEYS)
        || linear.name().endsWith(VALUES);
  }

  /** What scores are multiplied by beside the usual divisor. */
  private static float keys(AttentionConfig attention) {
    return (float) Math.sqrt(attention.headDimension() / attention.scores().divisor());
  }

  private void multiply(String weight, Mamba2Step step) {
    List<Integer> parts = step.config().parts();
    List<Float> own = step.config().multipliers();
    List<FoldedTensor.Part> folded = new ArrayList<>();
    for (int i = 0; i < parts.size(); i++) {
      float factor = own.isEmpty() ? 1 : own.get(i);
      folded.add(new FoldedTensor.Part(parts.get(i), step.inputMultiplier() * factor));
    }
    tensors.put(weight, new FoldedTensor(weight, original().tensor(weight), folded));
  }

  private void multiply(String weight, float factor) {
    if (factor != 1) {
      tensors.put(weight, FoldedTensor.of(weight, original().tensor(weight), factor));
    }
  }

  @Override
  public ModelConfig config() {
    return config;
  }

  @Override
  public List<String> warnings() {
    List<String> warnings = new ArrayList<>(super.warnings());
    warnings.add(
        "GGUF: the multipliers of config.json are multiplied into the weights, for llama.cpp has"
            + " none in this architecture; outputs say 1 in their place");
    if (untied) {
      warnings.add(
          "GGUF: the output head is tied to the embedding, whose multiplier is another one; outputs"
              + " have both");
    }
    return warnings;
  }

  @Override
  public ConfigCorrections corrections() {
    ConfigCorrections own = super.corrections().withoutMultipliers();
    return untied ? own.withOwnHead() : own;
  }
}
