// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config.json;

import com.fasterxml.jackson.databind.JsonNode;
import dev.awp.AwpException;
import dev.awp.config.BlockConfig;
import dev.awp.config.GatedDeltaConfig;
import dev.awp.config.GatedNorm;
import dev.awp.config.Mamba2Config;
import dev.awp.config.Recurrence;
import dev.awp.config.RecurrenceRule;
import dev.awp.config.RecurrenceRule.Mamba2Keys;
import dev.awp.config.RecurrenceRule.Mamba2Switches;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/** Reads the recurrences of a model's blocks, by the rule of its architecture. */
record RecurrenceReader(
    ConfigObject root, int hidden, int layers, int largestWidth, int largestCount) {
  /**
   * The sublayers of a block.
   *
   * @param attention whether it has attention
   * @param feedForward whether it has a feed-forward layer, or experts in its place
   * @param experts whether it may have these
   */
  record Sublayers(
      boolean attention, Optional<Recurrence> recurrence, boolean feedForward, boolean experts) {
    /** With a feed-forward layer or experts. */
    private Sublayers(boolean attention, Optional<Recurrence> recurrence) {
      this(attention, recurrence, true, true);
    }
  }

  /** Of every block. */
  List<Sublayers> ofBlocks(Optional<RecurrenceRule> rule) {
    if (rule.isEmpty()) {
      return Collections.nCopies(layers, new Sublayers(true, Optional.empty()));
    }
    Recurrence recurrence =
        switch (rule.get()) {
          case RecurrenceRule.Mamba2 mamba -> mamba2(mamba);
          case RecurrenceRule.GatedDelta _ -> gatedDelta();
        };
    return switch (rule.get().place()) {
      case BESIDE_ATTENTION ->
          Collections.nCopies(layers, new Sublayers(true, Optional.of(recurrence)));
      case FOR_ATTENTION -> inThePlaceOfAttention(recurrence);
      case ALONE ->
          SublayerKind.ofBlocks(root).stream()
              .map(
                  kind ->
                      new Sublayers(
                          kind == SublayerKind.ATTENTION,
                          Optional.of(recurrence).filter(_ -> kind == SublayerKind.RECURRENCE),
                          kind == SublayerKind.MLP || kind == SublayerKind.EXPERTS,
                          kind == SublayerKind.EXPERTS))
              .toList();
    };
  }

  private List<Sublayers> inThePlaceOfAttention(Recurrence recurrence) {
    IntPredicate isRecurrent = root.has(BlockConfig.TYPES_KEY) ? byTypes() : byDefault(recurrence);
    return IntStream.range(0, layers)
        .mapToObj(isRecurrent::test)
        .map(is -> new Sublayers(!is, Optional.of(recurrence).filter(_ -> is)))
        .toList();
  }

  /** As transformers' class has it. */
  private IntPredicate byDefault(Recurrence recurrence) {
    int interval = root.integerOr(RecurrenceRule.GatedDelta.INTERVAL, 4, Integer.MAX_VALUE);
    boolean all = !(recurrence instanceof GatedDeltaConfig);
    return block -> all || (block + 1) % interval != 0;
  }

  private IntPredicate byTypes() {
    JsonNode types = root.node().path(BlockConfig.TYPES_KEY);
    if (!types.isArray() || types.size() != layers) {
      throw root.fail(
          "%s must be a list of num_hidden_layers %s names"
              .formatted(BlockConfig.TYPES_KEY, layers));
    }
    return block -> isRecurrent(types.path(block));
  }

  /** By the names that transformers has, and those of before. */
  private boolean isRecurrent(JsonNode type) {
    return switch (type.asText()) {
      case "linear_attention", "mamba", "mamba2" -> true;
      case "full_attention", "attention" -> false;
      default -> throw root.fail("layer type %s is not supported".formatted(type));
    };
  }

  private GatedDeltaConfig gatedDelta() {
    GatedDeltaConfig config =
        new GatedDeltaConfig(
            root.integer(RecurrenceRule.GatedDelta.KEY_HEADS, largestCount),
            root.integer(RecurrenceRule.GatedDelta.VALUE_HEADS, largestCount),
            root.integer(RecurrenceRule.GatedDelta.KEY_DIMENSION, largestCount),
            root.integer(RecurrenceRule.GatedDelta.VALUE_DIMENSION, largestCount),
            root.integer(RecurrenceRule.GatedDelta.KERNEL, largestCount));
    if (config.heads() % config.keyHeads() != 0) {
      throw root.fail(
          "%s %s is no multiple of %s %s"
              .formatted(
                  RecurrenceRule.GatedDelta.VALUE_HEADS,
                  config.heads(),
                  RecurrenceRule.GatedDelta.KEY_HEADS,
                  config.keyHeads()));
    }
    if ((long) config.keyHeads() * config.keyDimension() > largestWidth
        || (long) config.heads() * config.valueDimension() > largestWidth) {
      throw root.fail("the heads of linear attention are wider than " + largestWidth);
    }
    return config;
  }

  private Mamba2Config mamba2(RecurrenceRule.Mamba2 rule) {
    Mamba2Keys keys = rule.sizes();
    int heads = root.integer(keys.heads(), largestCount);
    int width = width(rule);
    int dimension = headDimension(keys, width, heads);
    int groups = root.integer(keys.groups(), largestCount);
    if ((long) heads * dimension != width) {
      throw root.fail(
          "%s %s heads of %s %s columns are not the %s of all together (%s x hidden_size, or mamba_d_ssm)"
              .formatted(
                  keys.heads(),
                  heads,
                  keys.headDimension(),
                  dimension,
                  width,
                  keys.expand().orElseThrow()));
    }
    if (heads % groups != 0 || width % groups != 0) {
      throw root.fail(
          "%s %s is no multiple of %s %s".formatted(keys.heads(), heads, keys.groups(), groups));
    }
    int state = root.integer(keys.stateSize(), largestCount);
    if ((long) groups * state > largestWidth) {
      throw root.fail("%s x %s is too large".formatted(keys.groups(), keys.stateSize()));
    }
    boolean bias = root.flag(keys.projectionBias());
    Optional<Mamba2Switches> switches = rule.switches();
    float least = (float) limit(0, 0);
    float largest = (float) limit(1, Double.POSITIVE_INFINITY);
    if (least > largest) {
      throw limits();
    }
    return new Mamba2Config(
        heads,
        dimension,
        groups,
        state,
        root.integer(keys.kernel(), largestCount),
        root.flag(keys.convolutionBias()),
        bias,
        switches.map(own -> root.flag(own.outputBias())).orElse(bias),
        switches.map(this::multipliers).orElse(List.of()),
        switches.map(this::norm).orElse(rule.norm()),
        least,
        largest);
  }

  private GatedNorm norm(Mamba2Switches switches) {
    if (!root.flag(switches.normed())) {
      return GatedNorm.NONE;
    }
    return root.flag(switches.normFirst()) ? GatedNorm.NORM_FIRST : GatedNorm.GATE_FIRST;
  }

  private List<Float> multipliers(Mamba2Switches switches) {
    return root.has(switches.multipliers())
        ? root.positives(switches.multipliers(), 5).stream().map(Double::floatValue).toList()
        : List.of();
  }

  /** Columns of all heads together. */
  private int width(RecurrenceRule.Mamba2 rule) {
    Optional<String> said = rule.switches().map(Mamba2Switches::width).filter(root::has);
    if (said.isPresent()) {
      return root.integer(said.get(), largestWidth);
    }
    Mamba2Keys keys = rule.sizes();
    String times = keys.expand().orElse(keys.heads());
    String of = keys.expand().isPresent() ? "hidden_size" : keys.headDimension();
    long width =
        (long) root.integer(times, largestCount)
            * (keys.expand().isPresent() ? hidden : root.integer(of, largestCount));
    if (width > largestWidth) {
      throw root.fail("%s x %s is above %s".formatted(times, of, largestWidth));
    }
    return (int) width;
  }

  private int headDimension(Mamba2Keys keys, int width, int heads) {
    boolean derived = root.text(keys.headDimension(), "auto").equals("auto");
    return derived ? Math.max(1, width / heads) : root.integer(keys.headDimension(), largestCount);
  }

  /** The least or largest step, which transformers writes as a number or as {"__float__": ...}. */
  private double limit(int index, double fallback) {
    String key = RecurrenceRule.Mamba2.LIMIT_KEY;
    if (!root.has(key)) {
      return fallback;
    }
    JsonNode pair = root.node().path(key);
    JsonNode value = pair.path(index);
    boolean named = value.path("__float__").asText().equals("Infinity");
    double number = named ? Double.POSITIVE_INFINITY : value.asDouble(Double.NaN);
    boolean isNumber = named || value.isNumber();
    if (!pair.isArray() || pair.size() != 2 || !isNumber || !(number >= 0)) {
      throw limits();
    }
    return number;
  }

  private AwpException limits() {
    String key = RecurrenceRule.Mamba2.LIMIT_KEY;
    return root.fail(
        "%s must be two numbers from 0 on, the least and the largest step, it is %s"
            .formatted(key, root.node().path(key)));
  }
}
