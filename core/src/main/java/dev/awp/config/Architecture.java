// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config;

import dev.awp.AwpException;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The architectures that awp knows. All are decoders of the same two steps, attention and a gated
 * feed-forward layer; these are the choices that differ beside what config.json says (numbers,
 * windows, activation, soft caps). docs/models.md tells where each was read.
 */
public enum Architecture {
  LLAMA("LlamaForCausalLM", BlockNorms.BEFORE, false, Projections.SEPARATE),
  MISTRAL("MistralForCausalLM", BlockNorms.BEFORE, false, Projections.SEPARATE),
  QWEN2("Qwen2ForCausalLM", BlockNorms.BEFORE, false, Projections.SEPARATE),
  QWEN3("Qwen3ForCausalLM", BlockNorms.BEFORE, true, Projections.SEPARATE),
  PHI3("Phi3ForCausalLM", BlockNorms.BEFORE, false, Projections.FUSED),
  GEMMA2("Gemma2ForCausalLM", BlockNorms.BEFORE_AND_AFTER, false, Projections.SEPARATE),
  GEMMA3("Gemma3ForCausalLM", BlockNorms.BEFORE_AND_AFTER, true, Projections.SEPARATE),
  GEMMA3_MULTIMODAL(
      "Gemma3ForConditionalGeneration",
      BlockNorms.BEFORE_AND_AFTER,
      true,
      Projections.SEPARATE,
      "language_model."),
  MIXTRAL(
      "MixtralForCausalLM",
      BlockNorms.BEFORE,
      false,
      Projections.SEPARATE,
      new ExpertNames("block_sparse_moe", "w1", "w3", "w2")),
  QWEN2_MOE(
      "Qwen2MoeForCausalLM", BlockNorms.BEFORE, false, Projections.SEPARATE, ExpertNames.QWEN),
  QWEN3_MOE("Qwen3MoeForCausalLM", BlockNorms.BEFORE, true, Projections.SEPARATE, ExpertNames.QWEN);

  private final String transformersName;
  private final BlockNorms norms;
  private final boolean queryKeyNorm;
  private final Projections projections;
  private final String prefix;

  @SuppressWarnings("ImmutableEnumChecker") // a record of strings
  private final Optional<ExpertNames> expertNames;

  Architecture(
      String transformersName, BlockNorms norms, boolean queryKeyNorm, Projections projections) {
    this(transformersName, norms, queryKeyNorm, projections, "", Optional.empty());
  }

  Architecture(
      String transformersName,
      BlockNorms norms,
      boolean queryKeyNorm,
      Projections projections,
      String prefix) {
    this(transformersName, norms, queryKeyNorm, projections, prefix, Optional.empty());
  }

  Architecture(
      String transformersName,
      BlockNorms norms,
      boolean queryKeyNorm,
      Projections projections,
      ExpertNames expertNames) {
    this(transformersName, norms, queryKeyNorm, projections, "", Optional.of(expertNames));
  }

  Architecture(
      String transformersName,
      BlockNorms norms,
      boolean queryKeyNorm,
      Projections projections,
      String prefix,
      Optional<ExpertNames> expertNames) {
    this.transformersName = transformersName;
    this.norms = norms;
    this.queryKeyNorm = queryKeyNorm;
    this.projections = projections;
    this.prefix = prefix;
    this.expertNames = expertNames;
  }

  /** The architecture of a checkpoint; AwpException naming it and those that are supported. */
  public static Architecture of(ModelConfig config) {
    for (Architecture architecture : values()) {
      if (architecture.transformersName.equals(config.architecture())) {
        return architecture;
      }
    }
    String supported =
        Arrays.stream(values()).map(a -> a.transformersName).collect(Collectors.joining(", "));
    throw new AwpException(
        "%s: architecture %s is not supported; these are: %s"
            .formatted(config.file(), config.architecture(), supported));
  }

  /** The norms of a block. */
  public BlockNorms norms() {
    return norms;
  }

  /** Whether each query and key head is normed before it is rotated. */
  public boolean hasQueryKeyNorm() {
    return queryKeyNorm;
  }

  /** How projections of the same input lie on disk. */
  public Projections projections() {
    return projections;
  }

  /** What the names of all tensors of the text model begin with. */
  public String prefix() {
    return prefix;
  }

  /** How the parts of a mixture are called; there where the architecture has one. */
  public ExpertNames expertNames() {
    return expertNames.orElseThrow();
  }

  /** Whether embeddings are multiplied by the square root of the hidden size (Gemma). */
  public boolean scalesEmbeddings() {
    return norms == BlockNorms.BEFORE_AND_AFTER;
  }
}
