// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.model;

import dev.awp.AwpException;
import dev.awp.config.Architecture;
import dev.awp.config.ModelConfig;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** llama.cpp's name for an architecture that it computes as awp does, and what it wants of it. */
public enum GgufArchitecture {
  LLAMA("llama"),
  /** The graph of LLaMA and Qwen2, in which blocks have sizes of their own, or no attention. */
  DECI("deci"),
  QWEN2("qwen2"),
  QWEN3("qwen3"),
  PHI3("phi3"),
  GEMMA2("gemma2"),
  GEMMA3("gemma3"),
  /** Heads by the kind of block, and vectors of tokens in every block. */
  GEMMA4("gemma4"),
  QWEN2_MOE("qwen2moe"),
  QWEN3_MOE("qwen3moe"),
  SMOLLM3("smollm3"),
  GRANITE("granite"),
  OLMO2("olmo2"),
  GLM4("glm4"),
  EXAONE4("exaone4"),
  GEMMA("gemma"),
  MISTRAL3("mistral3"),
  COMMAND_R("command-r"),
  COHERE2("cohere2"),
  GRANITE_MOE("granitemoe"),
  OPENAI_MOE("gpt-oss"),
  DEEPSEEK2("deepseek2"),
  LLAMA4("llama4"),
  /** Granite in which blocks have Mamba-2 or attention. */
  GRANITE_HYBRID("granitehybrid"),
  FALCON_H1("falcon-h1"),
  QWEN3_NEXT("qwen3next"),
  /** Qwen3-Next without experts, whose heads of values share those of keys in turn. */
  QWEN3_5("qwen35"),
  /** The same with experts. */
  QWEN3_5_MOE("qwen35moe"),
  /** Blocks of one sublayer each. */
  NEMOTRON_H("nemotron_h"),
  /** The same, whose feed-forward layers are all mixtures of experts. */
  NEMOTRON_H_MOE("nemotron_h_moe");

  /** Positions of a chunk in LLaMA 4, and those from one step of its temperature to the next. */
  public static final int CHUNK = 8192;

  /** How fast queries grow in LLaMA 4. */
  public static final double TEMPERATURE = 0.1;

  private static final int LARGE_MIXTURE = 128;

  private static final double LOGIT_CAP = 30;

  /** Numbers of blocks of models whose queries are not made by way of a smaller vector. */
  private static final Set<Integer> LITE = Set.of(26, 27);

  /** Of so many blocks the last knows no positions, where that is so. */
  public static final int POSITIONLESS = 4;

  /** The width of a window that models have by their size, where the file does not say it. */
  public static final int WINDOW_BY_SIZE = 4096;

  /** Graphs that are forms of others, by what models hold. */
  private static final Map<GgufArchitecture, GgufArchitecture> FORMS =
      Map.of(DECI, LLAMA, NEMOTRON_H_MOE, NEMOTRON_H);

  private final String llamaName;

  GgufArchitecture(String llamaName) {
    this.llamaName = llamaName;
  }

  /** llama.cpp's graph for a model; AwpException where it has none that awp knows. */
  public static GgufArchitecture of(ModelConfig config) {
    GgufArchitecture graph = of(config.architecture());
    if (graph == GRANITE_HYBRID && config.recurrence().isEmpty()) {
      return config.experts().isPresent() ? GRANITE_MOE : GRANITE;
    }
    if (config.attention().isEmpty()) {
      throw new AwpException(
          "%s: no block has attention, without which awp writes no GGUF".formatted(config.file()));
    }
    if (graph == NEMOTRON_H && config.experts().isPresent()) {
      return NEMOTRON_H_MOE;
    }
    return config.hasBlockSizes() && (graph == LLAMA || graph == QWEN2) ? DECI : graph;
  }

  /** The graph that a file names, of an architecture that has it. */
  static GgufArchitecture named(String name, Architecture architecture) {
    return FORMS.keySet().stream()
        .filter(form -> form.llamaName.equals(name))
        .findFirst()
        .orElseGet(() -> of(architecture));
  }

  /**
   * The name of the graph of which one is a form; its own of the others.
   *
   * @param inputBiases whether queries, keys and values have biases, and outputs of attention none
   */
  static String plainName(String name, boolean inputBiases) {
    return name.equals(DECI.llamaName) && inputBiases ? QWEN2.llamaName : plainName(name);
  }

  private static String plainName(String name) {
    return FORMS.entrySet().stream()
        .filter(form -> form.getKey().llamaName.equals(name))
        .map(form -> form.getValue().llamaName)
        .findFirst()
        .orElse(name);
  }

  /** The names of the graphs that are forms of others. */
  static Stream<String> formNames() {
    return FORMS.keySet().stream().sorted().map(GgufArchitecture::llamaName);
  }

  /**
   * Whether all models of a graph have experts, or none has; empty where both are.
   *
   * @param name of the graph
   */
  static Optional<Boolean> hasExperts(String name) {
    boolean all = name.equals(NEMOTRON_H_MOE.llamaName);
    boolean none = name.equals(DECI.llamaName) || name.equals(NEMOTRON_H.llamaName);
    return all || none ? Optional.of(all) : Optional.empty();
  }

  /** Whether blocks may have sizes of their own. */
  public boolean hasBlockSizes() {
    return this == DECI;
  }

  /** llama.cpp's graph for an architecture; AwpException where it has none that awp knows. */
  public static GgufArchitecture of(Architecture architecture) {
    return Arrays.stream(values())
        .filter(graph -> architecture.llamaCppName().filter(graph.llamaName::equals).isPresent())
        .findFirst()
        .orElseThrow(
            () -> new AwpException("no graph of llama.cpp is known for " + architecture.name()));
  }

  /** The value of "general.architecture", with which the names of other keys begin. */
  public String llamaName() {
    return llamaName;
  }

  /**
   * Whether the rows of a tensor, weights or biases, are those of heads that are interleaved:
   * neighbouring rows of q and k are rotated together.
   *
   * @param tensor its name in the file
   */
  public boolean interleaves(String tensor) {
    boolean interleaved =
        switch (this) {
          case LLAMA, DECI, SMOLLM3, GRANITE, MISTRAL3, GRANITE_MOE, GRANITE_HYBRID -> true;
          case NEMOTRON_H, NEMOTRON_H_MOE -> true;
          default -> false;
        };
    return interleaved && (tensor.contains(".attn_q.") || tensor.contains(".attn_k."));
  }

  /**
   * Whether the stored values of a tensor are one larger than the checkpoint's.
   *
   * @param tensor its name in the file
   */
  boolean storesOneMore(String tensor) {
    return (isGemma() || listsRecurrences())
        && tensor.contains("norm")
        && !tensor.contains("." + GgufNames.RECURRENT_NORM + ".");
  }

  /** Whether the checkpoint's weights of norms are one too small. */
  private boolean isGemma() {
    return this == GEMMA || isLaterGemma();
  }

  /** Whether gates go through GELU. */
  public boolean hasGelu() {
    return isGemma() || isGemma4();
  }

  /** Whether it has what came with Gemma 2 and left with 4: a divisor of scores by its size. */
  public boolean isLaterGemma() {
    return this == GEMMA2 || this == GEMMA3;
  }

  /**
   * Whether blocks with a sliding window have heads of their own size and base, nothing divides
   * scores, heads of values are normed, last blocks may share keys and values, states may be
   * multiplied by a number behind each block, and there may be experts beside feed-forward layers.
   */
  public boolean isGemma4() {
    return this == GEMMA4;
  }

  /** The soft cap of logits where the file does not say one; 0 where there is none then. */
  public double usualLogitCap() {
    return isGemma4() ? LOGIT_CAP : 0;
  }

  /** Whether logits may have a soft cap. */
  public boolean capsLogits() {
    return isLaterGemma() || isGemma4();
  }

  /** Whether every block is a mixture of experts. */
  public boolean isQwenMixture() {
    return this == QWEN2_MOE || this == QWEN3_MOE || this == QWEN3_NEXT || this == QWEN3_5_MOE;
  }

  /** Whether all blocks rotate by YaRN's frequencies where the file has it. */
  public boolean hasYarn() {
    return !hasGelu() && this != PHI3 && this != EXAONE4;
  }

  /** Whether its files say so where there is no rope scaling. */
  public boolean saysNoScaling() {
    return this == COMMAND_R || this == COHERE2;
  }

  /** Whether llama.cpp reads YaRN's bounds, and the power that its amplitude is divided by. */
  public boolean readsYarnBounds() {
    return this == MISTRAL3;
  }

  /** Whether queries are multiplied by what grows with their position where the file has it. */
  public boolean hasTemperature() {
    return this == MISTRAL3;
  }

  /** Whether llama.cpp reads the width of a sliding window. */
  public boolean readsWindow() {
    return isLaterGemma() || this == PHI3 || listsWindows();
  }

  /** Whether a file may list the blocks that have a sliding window. */
  public boolean listsWindows() {
    return this == OLMO2 || this == COHERE2 || this == OPENAI_MOE || isGemma4();
  }

  /** Whether blocks with a sliding window rotate without the scaling of the others. */
  public boolean rotatesWindowsUnscaled() {
    return this == OLMO2;
  }

  /** Whether no block has a sliding window where the file does not say its width. */
  public boolean mayLeaveWindowOut() {
    return this == OLMO2;
  }

  /**
   * Whether so many blocks are those of the largest Gemma, whose scores are divided by the root of
   * the hidden size over the heads.
   */
  public boolean isLargest(int blocks) {
    return switch (this) {
      case GEMMA2 -> blocks == 46;
      case GEMMA3 -> blocks == 62;
      default -> false;
    };
  }

  /**
   * Whether the products of feed-forward layers are multiplied by the scales beside their weights,
   * as those of attention are everywhere.
   */
  public boolean scalesFeedForward() {
    return switch (this) {
      case LLAMA, QWEN3, QWEN3_MOE, MISTRAL3, COHERE2, QWEN3_NEXT, QWEN3_5, QWEN3_5_MOE -> true;
      case NEMOTRON_H, NEMOTRON_H_MOE, GEMMA4 -> true;
      default -> false;
    };
  }

  /** Whether embeddings, steps, scores and logits are multiplied by numbers of the file. */
  public boolean hasMultipliers() {
    return this == GRANITE || this == GRANITE_MOE || this == GRANITE_HYBRID;
  }

  /** The same of the projections of a recurrence. */
  public boolean scalesRecurrence() {
    return this != QWEN3_NEXT;
  }

  /** Whether the file lists the blocks that have a recurrence, or says how far the others are. */
  public boolean listsRecurrences() {
    return this == QWEN3_NEXT || tilesHeads();
  }

  /** Whether head i of values shares head i modulo their number of keys, and not neighbours one. */
  boolean tilesHeads() {
    return this == QWEN3_5 || this == QWEN3_5_MOE;
  }

  /** Whether the file says which columns are rotated by what kind of position. */
  public boolean hasPositionKinds() {
    return tilesHeads();
  }

  /** Whether it has no multipliers where the architecture has some. */
  public boolean foldsMultipliers() {
    return this == FALCON_H1;
  }

  /**
   * Whether every block has one sublayer, which is attention where it has key/value heads, a
   * feed-forward layer or experts where it has a width, and else a recurrence; none knows
   * positions.
   */
  public boolean hasOneSublayer() {
    return this == NEMOTRON_H || this == NEMOTRON_H_MOE;
  }

  /** Whether the file says by a flag whether blocks know positions: all of them, or none. */
  public boolean saysPositions() {
    return this == GRANITE_HYBRID;
  }

  /** Whether blocks whose key/value heads are said to be 0 have no attention. */
  public boolean marksRecurrences() {
    return this == GRANITE_HYBRID || hasOneSublayer();
  }

  /** Whether heads together are as wide as the hidden size, whatever the file says. */
  public boolean isSquare() {
    return switch (this) {
      case PHI3, QWEN2_MOE, OLMO2, EXAONE4, COMMAND_R, COHERE2 -> true;
      default -> false;
    };
  }

  /** Whether it knows positions in the blocks with a sliding window alone. */
  public boolean positionsOfWindows() {
    return this == COHERE2;
  }

  /** Whether models of so many blocks have norms of query and key heads, and no others. */
  public Optional<Boolean> normsHeads(int blocks) {
    return this == COMMAND_R ? Optional.of(blocks >= 64) : Optional.empty();
  }

  /** What it calls the norm before the feed-forward layers. */
  public String feedForwardNorm() {
    return this == OPENAI_MOE || listsRecurrences() ? "post_attention_norm" : "ffn_norm";
  }

  /** Whether it has attention sinks, biases of all projections, and clamped gates of experts. */
  public boolean isOpenAi() {
    return this == OPENAI_MOE;
  }

  /**
   * Whether blocks that know positions attend inside of chunks of {@link #CHUNK}, heads are normed
   * after rotation, and queries of the other blocks grow.
   */
  public boolean isLlama4() {
    return this == LLAMA4;
  }

  /** Whether heads are normed where there are so many experts. */
  public boolean normsRotatedHeads(int experts) {
    return isLlama4() && experts != LARGE_MIXTURE;
  }

  /** Whether keys and values are made by way of a smaller vector. */
  public boolean hasLatentAttention() {
    return this == DEEPSEEK2;
  }

  /** Whether queries of models of so many blocks are made of the step's input, whatever is said. */
  public boolean hasDirectQueries(int blocks) {
    return hasLatentAttention() && LITE.contains(blocks);
  }

  /**
   * Whether no block has a feed-forward layer but those of experts, whose width has another key.
   */
  public boolean hasExpertsAlone() {
    return this == QWEN3_5_MOE;
  }

  /** Whether feed-forward layers lie beside the experts, which have a width of their own. */
  public boolean hasExpertsBeside() {
    return isGemma4();
  }

  /** Whether the file says how experts are chosen. */
  public boolean readsRouting() {
    return this == DEEPSEEK2 || this == NEMOTRON_H_MOE;
  }

  /** Whether logits are multiplied by a number of the file. */
  public boolean multipliesLogits() {
    return this == COMMAND_R || this == COHERE2;
  }

  /** Whether every so many blocks one knows no positions, as {@link #POSITIONLESS} says. */
  public boolean leavesPositionsOut() {
    return this == SMOLLM3 || this == LLAMA4;
  }

  /** Whether models of so many blocks have a sliding window, and no others. */
  public boolean hasWindowBySize(int blocks) {
    return this == EXAONE4 && blocks == 64;
  }

  /** Whether the shares of a token's experts are made to add up to one. */
  public boolean normalizesShares() {
    return this != QWEN2_MOE;
  }

  /** Every so many blocks one has no sliding window; 0 where llama.cpp knows none. */
  public int windowPattern() {
    return switch (this) {
      case GEMMA2, OPENAI_MOE -> 2;
      case GEMMA3 -> 6;
      case OLMO2, COHERE2 -> 4;
      default -> 0;
    };
  }
}
