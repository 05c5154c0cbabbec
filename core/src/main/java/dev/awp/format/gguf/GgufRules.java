// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format.gguf;

import dev.awp.config.Activation;
import dev.awp.config.AttentionConfig;
import dev.awp.config.AttentionTemperature;
import dev.awp.config.ClampedGate;
import dev.awp.config.ExpertConfig;
import dev.awp.config.ExpertRule;
import dev.awp.config.GatedDeltaConfig;
import dev.awp.config.GatedNorm;
import dev.awp.config.LatentAttention;
import dev.awp.config.Mamba2Config;
import dev.awp.config.MlpConfig;
import dev.awp.config.ModelConfig;
import dev.awp.config.Multipliers;
import dev.awp.config.QueryKeyNorm;
import dev.awp.config.Recurrence;
import dev.awp.config.Routing;
import dev.awp.constraint.affine.IntegerGrid;
import dev.awp.format.BrokenRule;
import dev.awp.format.ModelPlan;
import dev.awp.gguf.block.BlockType;
import dev.awp.gguf.block.BlockWidths;
import dev.awp.gguf.model.GgufArchitecture;
import dev.awp.gguf.tensor.WeightScales;
import dev.awp.model.LinearLayer;
import dev.awp.model.Step;
import dev.awp.rope.DynamicScaling;
import dev.awp.rope.LinearScaling;
import dev.awp.rope.Llama3Scaling;
import dev.awp.rope.LongRopeScaling;
import dev.awp.rope.ProportionalScaling;
import dev.awp.rope.RotatedPairs;
import dev.awp.rope.YarnScaling;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Why llama.cpp could not load a model, or would compute something else than awp does: what its
 * graphs fix (`src/models`), config.json must not say otherwise.
 */
final class GgufRules {
  /** What llama.cpp's Gemma 3 takes as the base of rotation in blocks with a window. */
  private static final double LOCAL_BASE = 10_000;

  /** The gate of gpt-oss. */
  private static final ClampedGate CLAMPED = new ClampedGate(1.702f, 7);

  /** What transformers adds to the square of a key's length in delta nets. */
  private static final float DELTA_EPSILON = 1e-6f;

  private final ModelPlan plan;
  private final GgufLayout layout;
  private final ModelConfig config;
  private final AttentionConfig attention;
  private final Optional<MlpConfig> mlp;
  private final GgufArchitecture architecture;
  private final List<BrokenRule> broken = new ArrayList<>();

  private GgufRules(ModelPlan plan, GgufOptions options) {
    this.plan = plan;
    this.layout = new GgufLayout(plan, options);
    this.config = plan.layout().config();
    this.attention = config.attention().orElseThrow();
    this.mlp = config.mlp();
    this.architecture = layout.architecture();
  }

  /** All rules that are broken. */
  static List<BrokenRule> broken(ModelPlan plan, GgufOptions options) {
    GgufRules rules = new GgufRules(plan, options);
    rules.checkConfig();
    rules.checkWindows();
    rules.checkPositions();
    rules.checkExperts();
    rules.checkRecurrence();
    rules.checkGrids();
    rules.checkWidths();
    return rules.broken.stream().distinct().toList();
  }

  private void refuse(boolean wrong, String rule) {
    if (wrong) {
      broken.add(
          new BrokenRule("llama.cpp's %s %s".formatted(architecture.llamaName(), rule), List.of()));
    }
  }

  private void checkConfig() {
    refuse(
        config.hasBlockSizes() && !architecture.hasBlockSizes(),
        "has blocks of one size; its graph of blocks of their own is that of LLaMA and Qwen2");
    boolean tied = config.tieWordEmbeddings();
    boolean alwaysTied =
        switch (architecture) {
          case GEMMA2, GEMMA, COMMAND_R, COHERE2 -> true;
          default -> false;
        };
    refuse(alwaysTied && !tied, "has no output head of its own");
    boolean neverTied =
        switch (architecture) {
          case QWEN2_MOE, OLMO2, OPENAI_MOE -> true;
          default -> false;
        };
    refuse(neverTied && tied, "has no tied embeddings");
    boolean inputBias =
        switch (architecture) {
          case LLAMA, DECI, QWEN2, QWEN2_MOE, GLM4, OPENAI_MOE -> false;
          case QWEN3, PHI3, GEMMA2, GEMMA3, GEMMA4, QWEN3_MOE -> attention.inputBias();
          case SMOLLM3, GRANITE, OLMO2, EXAONE4, GEMMA, MISTRAL3 -> attention.inputBias();
          case COMMAND_R, COHERE2, GRANITE_MOE, DEEPSEEK2, LLAMA4 -> attention.inputBias();
          case GRANITE_HYBRID, FALCON_H1, QWEN3_NEXT, QWEN3_5 -> attention.inputBias();
          case QWEN3_5_MOE -> attention.inputBias();
          case NEMOTRON_H, NEMOTRON_H_MOE -> false;
        };
    boolean widthBias = mlp.filter(MlpConfig::bias).isPresent();
    boolean outputBias = attention.outputBias() || widthBias;
    boolean mayHaveOutputBias =
        isLlama() || architecture.isOpenAi() || architecture.hasOneSublayer();
    refuse(
        architecture.isOpenAi() && !attention.outputBias(),
        "has biases that config.json leaves out");
    refuse(
        inputBias || (outputBias && !mayHaveOutputBias), "has no such biases as config.json says");
    refuse(widthBias && config.experts().isPresent(), "has no biases in mixtures of experts");
    Activation wanted =
        architecture.hasOneSublayer()
            ? Activation.SQUARED_RELU
            : architecture.hasGelu() ? Activation.GELU_TANH : Activation.SILU;
    refuse(
        mlp.filter(own -> own.activation() != wanted).isPresent(), "has the activation " + wanted);
    boolean caps = architecture == GgufArchitecture.GEMMA2;
    refuse(
        attention.scores().softCap().isPresent() != caps,
        caps ? "needs a soft cap of scores" : "has no soft cap of scores");
    refuse(
        !architecture.capsLogits() && config.logitSoftCap().isPresent(),
        "has no soft cap of logits");
    refuse(caps && config.logitSoftCap().isEmpty(), "needs a soft cap of logits");
    double divisor =
        architecture.isLargest(config.layers())
            ? (double) config.hiddenSize() / attention.heads()
            : architecture.isGemma4() ? 1 : attention.headDimension();
    refuse(
        !architecture.hasMultipliers()
            && !architecture.hasLatentAttention()
            && attention.scores().divisor() != divisor,
        "divides scores by the root of %s, config.json says %s"
            .formatted(divisor, attention.scores().divisor()));
    Multipliers multipliers = config.multipliers();
    Multipliers asked =
        architecture.multipliesLogits()
            ? new Multipliers(multipliers.embeddings(), multipliers.steps(), 1)
            : multipliers;
    refuse(!architecture.hasMultipliers() && !asked.equals(Multipliers.NONE), "has no multipliers");
    boolean normed = attention.queryKeyNorm() != QueryKeyNorm.NONE;
    architecture
        .normsHeads(config.layers())
        .ifPresent(
            norms ->
                refuse(
                    norms != normed,
                    "has norms of query and key heads where there are 64 blocks or more"));
    refuse(
        architecture.isSquare() && attention.queryWidth() != config.hiddenSize(),
        "needs heads that are as wide together as the hidden size %s, not %s"
            .formatted(config.hiddenSize(), attention.queryWidth()));
    refuse(
        !architecture.isLlama4()
            && !attention.scores().temperature().map(this::temperatureFits).orElse(true),
        "has no queries that grow with their position as config.json says");
    attention.latent().ifPresent(this::checkLatent);
    refuse(!ropeScalingFits(), "has no such rope scaling as config.json says");
  }

  private boolean isLlama() {
    return architecture == GgufArchitecture.LLAMA || architecture == GgufArchitecture.DECI;
  }

  private boolean ropeScalingFits() {
    return config.rotation().scaling().isEmpty()
        || switch (config.rotation().scaling().get()) {
          case LinearScaling _ -> architecture != GgufArchitecture.PHI3;
          case Llama3Scaling _ -> isLlama() || architecture.isLlama4();
          case DynamicScaling _ -> false;
          case ProportionalScaling _ -> architecture.isGemma4();
          case YarnScaling yarn ->
              architecture.hasYarn()
                  && (architecture.readsYarnBounds() || hasUsualBounds(yarn))
                  && (architecture.isOpenAi() || yarn.truncated());
          case LongRopeScaling _ -> architecture == GgufArchitecture.PHI3;
        };
  }

  private void checkLatent(LatentAttention latent) {
    refuse(
        latent.queryRank().isPresent() && architecture.hasDirectQueries(config.layers()),
        "makes queries without q_lora_rank where there are %s blocks".formatted(config.layers()));
    refuse(
        config.rotation().pairs() != RotatedPairs.NEIGHBOURS,
        "rotates neighbouring columns (rope_interleave)");
    double usual = attention.headDimension();
    boolean sharpened = attention.scores().divisor() < usual;
    boolean fits =
        config.rotation().scaling().orElse(null) instanceof YarnScaling yarn
            ? sharpened && yarn.attentionFactor() == 1
            : attention.scores().divisor() == usual;
    refuse(!fits, "wants mscale and mscale_all_dim of YaRN to be the same, and not 0");
  }

  private static boolean hasUsualBounds(YarnScaling yarn) {
    return yarn.betaFast() == YarnScaling.BETA_FAST && yarn.betaSlow() == YarnScaling.BETA_SLOW;
  }

  /** It grows from one original context to the next. */
  private boolean temperatureFits(AttentionTemperature temperature) {
    int interval =
        config.rotation().scaling().orElse(null) instanceof YarnScaling yarn
            ? yarn.originalContext()
            : config.maxPositions();
    return architecture.hasTemperature() && temperature.interval() == interval;
  }

  private void checkPositions() {
    refuse(
        architecture.hasWindowBySize(config.layers()),
        "has windows by its own rule where there are %s blocks".formatted(config.layers()));
    if (architecture.hasOneSublayer()) {
      return;
    }
    boolean fits = true;
    for (int block = 0; block < config.layers(); block++) {
      Optional<AttentionConfig> there = config.block(block).ownAttention();
      if (there.isEmpty()) {
        continue;
      }
      AttentionConfig own = there.get();
      boolean has =
          architecture.saysPositions()
              ? attention.rotation().isPresent()
              : architecture.positionsOfWindows()
                  ? own.window().isPresent()
                  : !architecture.leavesPositionsOut()
                      || (block + 1) % GgufArchitecture.POSITIONLESS != 0;
      fits &= has == own.rotation().isPresent();
    }
    refuse(
        !fits,
        architecture.leavesPositionsOut()
            ? "rotates in all blocks but every %s.".formatted(GgufArchitecture.POSITIONLESS)
            : "rotates in all blocks");
  }

  private void checkWindows() {
    if (architecture.isGemma4()) {
      checkGemma4();
      return;
    }
    if (architecture.listsWindows()) {
      refuse(
          config.localRotation().isPresent()
              && config.localRotation().get().theta() != config.rotation().theta(),
          "rotates by one base in all blocks");
      return;
    }
    int pattern = architecture.windowPattern();
    if (pattern == 0 || config.slidingWindow().isEmpty()) {
      return;
    }
    Set<Integer> sliding =
        IntStream.range(0, config.layers())
            .filter(block -> block % pattern < pattern - 1)
            .boxed()
            .collect(Collectors.toSet());
    refuse(
        !sliding.equals(config.slidingBlocks()),
        "has a sliding window in all blocks but every %s., config.json has it in %s"
            .formatted(pattern, new TreeSet<>(config.slidingBlocks())));
    refuse(
        config.localRotation().isPresent() && config.localRotation().get().theta() != LOCAL_BASE,
        "rotates by the base 10000 in blocks with a sliding window");
  }

  /** Heads of two kinds, and which block's keys and values the last ones take. */
  private void checkGemma4() {
    refuse(
        config.slidingWindow().isEmpty(),
        "needs a block with a sliding window, whose keys and values it keeps apart");
    refuse(
        config.blocks().stream().map(block -> block.attention().heads()).distinct().count() > 1,
        "has the same number of heads of queries in all blocks");
    int first = config.layers() - config.sharingBlocks();
    List<String> others = new ArrayList<>();
    for (int block = first; block < config.layers(); block++) {
      AttentionConfig own = config.block(block).attention();
      int source = own.keyValues().sharedFrom().orElseThrow();
      if (source != first - (own.window().isPresent() ? 2 : 1)) {
        others.add("%s from %s".formatted(block + 1, source + 1));
      }
    }
    refuse(
        !others.isEmpty(),
        ("takes shared keys and values from block %s where there is a window, and else from %s;"
                + " config.json says %s")
            .formatted(first - 1, first, String.join(", ", others)));
    config
        .perLayer()
        .ifPresent(
            own ->
                refuse(
                    own.vocabulary() != config.vocabularySize(),
                    "has vectors of as many tokens as embeddings, %s, config.json says %s"
                        .formatted(config.vocabularySize(), own.vocabulary())));
  }

  private void checkExperts() {
    Optional<ExpertRule> rule = config.architecture().experts();
    boolean none = config.experts().isEmpty();
    boolean mayBeNone =
        rule.filter(own -> own.mayBeNone() || own.flagKey().isPresent()).isPresent();
    if (rule.isEmpty() || (none && mayBeNone)) {
      return;
    }
    if (architecture.isLlama4()) {
      checkLlama4();
      config.experts().ifPresent(this::checkExperts);
      return;
    }
    if (architecture.hasOneSublayer()) {
      refuse(
          config.experts().isPresent()
              && config.blocks().stream()
                  .anyMatch(block -> block.ownMlp().isPresent() && block.experts().isEmpty()),
          "has experts in all blocks with feed-forward layers");
      config.experts().ifPresent(this::checkExperts);
      return;
    }
    boolean mixed =
        architecture.readsRouting()
            ? config.blocks().stream()
                .dropWhile(block -> block.experts().isEmpty())
                .anyMatch(block -> block.experts().isEmpty())
            : config.blocks().stream().anyMatch(block -> block.experts().isEmpty());
    refuse(mixed, "has experts in all blocks");
    config.experts().ifPresent(this::checkExperts);
  }

  /** What its graph does in every block by the block's place alone. */
  private void checkLlama4() {
    int step =
        1 + (int) config.blocks().stream().takeWhile(block -> block.experts().isEmpty()).count();
    int count = config.experts().map(ExpertConfig::count).orElse(0);
    OptionalInt chunk = OptionalInt.of(GgufArchitecture.CHUNK);
    Optional<AttentionTemperature> temperature =
        Optional.of(
            new AttentionTemperature(GgufArchitecture.TEMPERATURE, GgufArchitecture.CHUNK, 1));
    boolean places = true;
    boolean norms = true;
    boolean experts = true;
    for (int i = 0; i < config.layers(); i++) {
      AttentionConfig own = config.block(i).attention();
      boolean rotated = own.rotation().isPresent();
      places &= own.chunk().equals(rotated ? chunk : OptionalInt.empty());
      places &= own.scores().temperature().equals(rotated ? Optional.empty() : temperature);
      norms &=
          (own.queryKeyNorm() != QueryKeyNorm.NONE)
              == (rotated && architecture.normsRotatedHeads(count));
      experts &= config.block(i).experts().isPresent() == ((i + 1) % step == 0);
    }
    refuse(
        !places,
        "attends in chunks of 8192 where it rotates, and lets queries grow by 0.1 every 8192"
            + " positions elsewhere");
    refuse(!norms, "norms rotated heads, but where there are 128 experts");
    refuse(!experts, "has experts in blocks at equal distances");
  }

  private void checkExperts(ExpertConfig experts) {
    boolean normalized = architecture.normalizesShares();
    refuse(
        architecture == GgufArchitecture.GRANITE_MOE && experts.sharedWidth().isPresent(),
        "with a shared expert in all blocks awp does not write");
    refuse(
        experts.clamped().filter(gate -> !gate.equals(CLAMPED)).isPresent(),
        "clamps gates of experts at 7, with alpha 1.702");
    Routing routing = experts.routing();
    boolean groups = routing.groupsPerToken() < routing.groups();
    refuse(
        groups && routing.groupScore() != Routing.GroupScore.TWO_LARGEST,
        "chooses groups of experts by their two best, and not by topk_method group_limited_greedy");
    boolean shared =
        experts.sharedWidth().isEmpty()
            || !architecture.hasLatentAttention()
            || layout.padded(experts.sharedWidth().getAsInt(), false)
                == experts.sharedWidth().getAsInt()
                    / experts.width()
                    * layout.padded(experts.width(), true);
    refuse(!shared, "has no place for zeros that fill up the shared expert to whole blocks");
    refuse(
        !architecture.readsRouting()
            && !architecture.isLlama4()
            && experts.routing().normalized() != normalized,
        normalized
            ? "makes the shares of a token's experts add up to one (norm_topk_prob)"
            : "leaves the shares of a token's experts as they are (norm_topk_prob)");
    Map<String, List<LinearLayer>> together = new LinkedHashMap<>();
    for (LinearLayer linear : layout.linears()) {
      if (linear.site().ofExpert()) {
        String tensor = layout.place(linear).tensor();
        together.computeIfAbsent(tensor, _ -> new ArrayList<>()).add(linear);
      }
    }
    List<String> mixed = new ArrayList<>();
    for (List<LinearLayer> layers : together.values()) {
      if (layers.stream().map(layout::type).distinct().count() > 1) {
        layers.forEach(layer -> mixed.add(layer.name() + " (" + layout.type(layer) + ")"));
      }
    }
    if (!mixed.isEmpty()) {
      broken.add(
          new BrokenRule(
              "the experts of a block are one tensor in a GGUF file, and of one type", mixed));
    }
  }

  private void checkRecurrence() {
    Optional<Recurrence> recurrence = config.recurrence();
    if (recurrence.isEmpty()) {
      return;
    }
    switch (recurrence.get()) {
      case Mamba2Config mamba -> checkMamba2(mamba);
      case GatedDeltaConfig delta -> {
        refuse(
            delta.keyDimension() != delta.valueDimension(),
            "needs heads of keys as long as those of values in delta nets, config.json says %s and %s"
                .formatted(delta.keyDimension(), delta.valueDimension()));
        refuse(
            config.normEpsilon() != DELTA_EPSILON,
            "norms keys of delta nets with rms_norm_eps, transformers with 1e-6: it must be that");
      }
    }
  }

  private void checkMamba2(Mamba2Config mamba) {
    refuse(
        mamba.leastStep() > 0 || mamba.largestStep() < Float.POSITIVE_INFINITY,
        "has no bounds of Mamba-2's steps (time_step_limit)");
    refuse(!mamba.multipliers().isEmpty(), "has no multipliers in Mamba-2");
    refuse(!mamba.convolutionBias(), "needs a bias of Mamba-2's convolution");
    refuse(mamba.inputBias() || mamba.outputBias(), "has no biases of the projections of Mamba-2");
    refuse(
        mamba.norm() == GatedNorm.NORM_FIRST,
        "multiplies by Mamba-2's gate before its norm, and not behind");
    refuse(
        architecture == GgufArchitecture.GRANITE_HYBRID && mamba.width() != 2 * config.hiddenSize(),
        "needs Mamba-2's heads to be twice as wide together as the hidden size %s, not %s"
            .formatted(config.hiddenSize(), mamba.width()));
  }

  private void checkGrids() {
    List<String> integers =
        plan.layers().stream()
            .filter(layer -> IntegerGrid.of(layer.constraint()).isPresent())
            .map(layer -> layer.layer().name())
            .toList();
    if (!integers.isEmpty()) {
      broken.add(
          new BrokenRule(
              "GGUF's blocks have grids of their own: say --gguf-type Q4_0 or another type instead"
                  + " of --bits",
              integers));
    }
  }

  private void checkEnd(BlockType type, int columns) {
    refuse(type.hasMatrixScale(), "multiplies no embedding by the scale beside " + type);
    if (!BlockWidths.fits(type, columns)) {
      broken.add(
          new BrokenRule(
              "%s blocks need columns in multiples of %s, the embedding has %s"
                  .formatted(type, type.blockColumns(), columns),
              List.of()));
    }
  }

  /** Whether the scales beside a tensor are the checkpoint's own. */
  private boolean hasScales(String tensor) {
    return WeightScales.nameOf(tensor)
        .flatMap(scale -> layout.names().bare(scale, config.architecture()))
        .isPresent();
  }

  private void checkWidths() {
    Map<BlockType, List<String>> wrong = new LinkedHashMap<>();
    for (LinearLayer linear : layout.linears()) {
      BlockType type = layout.type(linear);
      int together = layout.columnsTogether(linear);
      if (!linear.takesInnerWidth() && !BlockWidths.fits(type, together)) {
        wrong
            .computeIfAbsent(type, _ -> new ArrayList<>())
            .add(linear.name() + " (" + together + ")");
      }
    }
    List<String> unscaled = new ArrayList<>();
    for (LinearLayer linear : layout.linears()) {
      String tensor = layout.place(linear).tensor();
      boolean recurrent = linear.step().equals(Step.RECURRENCE);
      boolean scaled =
          tensor.contains(".ffn_")
              ? architecture.scalesFeedForward() && !hasScales(tensor)
              : (!recurrent || architecture.scalesRecurrence())
                  && !linear.step().equals(Step.PER_LAYER)
                  && (!architecture.hasLatentAttention() || tensor.contains(".attn_output."));
      if (layout.type(linear).hasMatrixScale() && !scaled) {
        unscaled.add(linear.name());
      }
    }
    if (!unscaled.isEmpty()) {
      broken.add(
          new BrokenRule(
              "NVFP4 has a scale beside each tensor, by which llama.cpp's %s does not multiply in"
                      .formatted(architecture.llamaName())
                  + " these layers",
              unscaled));
    }
    wrong.forEach(
        (type, names) ->
            broken.add(
                new BrokenRule(
                    "%s blocks need columns in multiples of %s, and these widths cannot be padded"
                        .formatted(type, type.blockColumns()),
                    names)));
    layout.ends().types().forEach((end, type) -> checkEnd(type, layout.ends().columns(end)));
  }
}
