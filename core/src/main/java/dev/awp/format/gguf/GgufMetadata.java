// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format.gguf;

import dev.awp.checkpoint.ModelName;
import dev.awp.config.AttentionConfig;
import dev.awp.config.BlockConfig;
import dev.awp.config.ExpertConfig;
import dev.awp.config.LatentAttention;
import dev.awp.config.ModelConfig;
import dev.awp.config.Multipliers;
import dev.awp.config.NormKind;
import dev.awp.config.PerLayerConfig;
import dev.awp.config.Recurrence;
import dev.awp.config.Routing;
import dev.awp.gguf.GgufValue;
import dev.awp.gguf.model.GgufRope;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import java.util.stream.IntStream;

/** The metadata that llama.cpp needs of a model, its tokenizer's besides. */
final class GgufMetadata {
  /** llama.cpp's numbers of what makes scores of a router's outputs. */
  private static final int SOFTMAX = 1;

  private static final int SIGMOID = 2;

  private final ModelConfig config;
  private final GgufLayout layout;
  private final String name;
  private final Map<String, GgufValue> keys = new LinkedHashMap<>();

  private GgufMetadata(ModelConfig config, GgufLayout layout) {
    this.config = config;
    this.layout = layout;
    this.name = layout.architecture().llamaName();
  }

  static Map<String, GgufValue> of(ModelConfig config, GgufLayout layout, Path folder) {
    GgufMetadata metadata = new GgufMetadata(config, layout);
    metadata.addGeneral(folder);
    metadata.addSizes();
    metadata.addAttention();
    config.experts().ifPresent(metadata::addExperts);
    config.recurrence().ifPresent(metadata::addRecurrence);
    metadata.keys.putAll(GgufRope.keys(config, layout.architecture()));
    return metadata.keys;
  }

  private void put(String key, GgufValue value) {
    keys.put(name + "." + key, value);
  }

  /** A number of each block. */
  private void putEach(String key, ToIntFunction<BlockConfig> number) {
    put(key, GgufValue.wholes(config.blocks().stream().mapToInt(number).toArray()));
  }

  /** A number that may be the same for all blocks. */
  private void putEachOrOne(String key, ToIntFunction<BlockConfig> number) {
    int[] distinct = config.blocks().stream().mapToInt(number).distinct().toArray();
    if (distinct.length == 1) {
      put(key, GgufValue.of(distinct[0]));
    } else {
      putEach(key, number);
    }
  }

  /** A number of a block's attention; 0 where it has none. */
  private static int of(BlockConfig block, Function<AttentionConfig, Integer> number) {
    return block.ownAttention().map(number).orElse(0);
  }

  private void addGeneral(Path folder) {
    keys.put("general.architecture", GgufValue.of(name));
    keys.put("general.type", GgufValue.of("model"));
    String own = ModelName.of(folder);
    keys.put("general.name", GgufValue.of(own.isEmpty() ? name : own));
    keys.put("general.file_type", GgufValue.of(layout.fileType()));
    keys.put("general.quantization_version", GgufValue.of(2));
  }

  private void addSizes() {
    put("vocab_size", GgufValue.of(config.vocabularySize()));
    put("context_length", GgufValue.of(config.maxPositions()));
    put("embedding_length", GgufValue.of(config.hiddenSize()));
    put("block_count", GgufValue.of(config.layers()));
    if (layout.architecture().hasBlockSizes()) {
      putEach("feed_forward_length", block -> layout.padded(block.mlp().width(), false));
    } else if (layout.architecture().hasOneSublayer()) {
      putEach("feed_forward_length", this::width);
    } else if (layout.architecture().isGemma4()) {
      putEachOrOne("feed_forward_length", block -> layout.padded(block.mlp().width(), false));
      // 0 where there are none.
      put(
          "embedding_length_per_layer_input",
          GgufValue.of(config.perLayer().map(PerLayerConfig::width).orElse(0)));
    } else if (!layout.architecture().hasExpertsAlone()) {
      put("feed_forward_length", GgufValue.of(width()));
    }
  }

  private int width() {
    int width = config.block(0).mlp().width();
    if (layout.architecture().isQwenMixture()) {
      return width;
    }
    // In a mixture of one kind of width (Mixtral) it is that of the experts.
    return config.experts().isPresent()
            && !layout.architecture().readsRouting()
            && !layout.architecture().isLlama4()
        ? layout.padded(config.experts().get().width(), true)
        : layout.padded(width, false);
  }

  /** Of a block's experts or feed-forward layer; 0 where it has neither. */
  private int width(BlockConfig block) {
    return block
        .experts()
        .map(experts -> layout.padded(experts.width(), true))
        .or(() -> block.ownMlp().map(mlp -> layout.padded(mlp.width(), false)))
        .orElse(0);
  }

  private void addAttention() {
    AttentionConfig attention = config.attention().orElseThrow();
    if (layout.architecture().hasBlockSizes()) {
      putEach("attention.head_count", block -> of(block, AttentionConfig::heads));
      putEach("attention.head_count_kv", block -> of(block, AttentionConfig::keyValueHeads));
    } else {
      put("attention.head_count", GgufValue.of(attention.heads()));
      if (layout.architecture().marksRecurrences()) {
        putEach("attention.head_count_kv", block -> of(block, AttentionConfig::keyValueHeads));
      } else if (layout.architecture().isGemma4()) {
        putEachOrOne("attention.head_count_kv", block -> of(block, AttentionConfig::keyValueHeads));
      } else {
        put("attention.head_count_kv", GgufValue.of(attention.keyValueHeads()));
      }
    }
    if (layout.architecture().saysPositions()) {
      put("rope.scaling.finetuned", GgufValue.of(attention.rotation().isPresent()));
    }
    if (layout.architecture().hasOneSublayer()) {
      // Its loader wants this key beside the other.
      put("attention.layer_norm_epsilon", GgufValue.of(config.normEpsilon()));
    }
    if (layout.architecture().isGemma4()) {
      addKindsOfHeads();
    } else {
      put("attention.key_length", GgufValue.of(attention.headDimension()));
      put("attention.value_length", GgufValue.of(attention.valueDimension()));
    }
    attention.latent().ifPresent(this::addLatent);
    NormKind kind = config.architecture().norms().kind();
    put(
        kind == NormKind.RMS ? "attention.layer_norm_rms_epsilon" : "attention.layer_norm_epsilon",
        GgufValue.of(config.normEpsilon()));
    Optional<Float> scores = attention.scores().softCap();
    scores.ifPresent(cap -> put("attn_logit_softcapping", GgufValue.of(cap.floatValue())));
    Optional<Float> logits = config.logitSoftCap();
    logits.ifPresent(cap -> put("final_logit_softcapping", GgufValue.of(cap.floatValue())));
    if (logits.isEmpty() && layout.architecture().usualLogitCap() > 0) {
      // None, where it would take one.
      put("final_logit_softcapping", GgufValue.of(0f));
    }
    if (layout.architecture().hasMultipliers()) {
      Multipliers multipliers = config.multipliers();
      put("attention.scale", GgufValue.of(attention.scores().factor()));
      put("embedding_scale", GgufValue.of(multipliers.embeddings()));
      put("residual_scale", GgufValue.of(multipliers.steps()));
      put("logit_scale", GgufValue.of(1 / multipliers.logits()));
    }
    if (layout.architecture().multipliesLogits()) {
      put("logit_scale", GgufValue.of(config.multipliers().logits()));
    }
    attention
        .scores()
        .temperature()
        .filter(_ -> layout.architecture().hasTemperature())
        .ifPresent(t -> put("attention.temperature_scale", GgufValue.of((float) t.beta())));
    if (layout.architecture().readsWindow()) {
      addWindow();
    }
  }

  /** The rotation turns whole heads, of blocks without a window and of those with one. */
  private void addKindsOfHeads() {
    for (String name : List.of("attention.key_length", "attention.value_length")) {
      put(name, GgufValue.of(config.rotation().dimension()));
      put(name + "_swa", GgufValue.of(config.localRotation().orElseThrow().dimension()));
    }
    put("attention.shared_kv_layers", GgufValue.of(config.sharingBlocks()));
  }

  private void addLatent(LatentAttention latent) {
    // 0 where queries are made of the step's input.
    put("attention.q_lora_rank", GgufValue.of(latent.queryRank().orElse(0)));
    put("attention.kv_lora_rank", GgufValue.of(latent.keyValueRank()));
  }

  private void addRecurrence(Recurrence recurrence) {
    put("ssm.conv_kernel", GgufValue.of(recurrence.kernel()));
    put("ssm.inner_size", GgufValue.of(recurrence.width()));
    put("ssm.state_size", GgufValue.of(recurrence.keyDimension()));
    put("ssm.time_step_rank", GgufValue.of(recurrence.heads()));
    put("ssm.group_count", GgufValue.of(recurrence.keyHeads()));
    if (layout.architecture().listsRecurrences()) {
      addKinds();
    }
    if (layout.architecture().hasPositionKinds()) {
      // Time, height and width in even shares; they are the same of text.
      int pairs = config.rotation().dimension() / 2;
      int[] shares = {(pairs + 2) / 3, (pairs + 1) / 3, pairs / 3, 0};
      put("rope.dimension_sections", GgufValue.wholes(shares));
    }
  }

  /** Which blocks have a recurrence; how far the others are apart too, for older readers. */
  private void addKinds() {
    List<Boolean> recurrent =
        config.blocks().stream().map(block -> block.recurrence().isPresent()).toList();
    put("attention.recurrent_layers", GgufValue.flags(recurrent));
    int interval = recurrent.indexOf(false) + 1;
    boolean even =
        IntStream.range(0, recurrent.size())
            .allMatch(block -> recurrent.get(block) == ((block + 1) % interval != 0));
    if (even) {
      put("full_attention_interval", GgufValue.of(interval));
    }
  }

  private void addRouting(ExpertConfig experts) {
    Routing routing = experts.routing();
    put("expert_weights_scale", GgufValue.of(routing.factor()));
    put("expert_weights_norm", GgufValue.of(routing.normalized()));
    if (layout.architecture().hasOneSublayer()) {
      put("expert_shared_count", GgufValue.of(1));
    } else {
      put("leading_dense_block_count", GgufValue.of(expertStep() - 1));
      put("expert_shared_count", GgufValue.of(experts.sharedWidth().orElse(0) / experts.width()));
      put(
          "expert_gating_func",
          GgufValue.of(routing.scoring() == Routing.Scoring.SOFTMAX ? SOFTMAX : SIGMOID));
    }
    // Where all groups are chosen there are none.
    if (routing.groupsPerToken() < routing.groups()) {
      put("expert_group_count", GgufValue.of(routing.groups()));
      put("expert_group_used_count", GgufValue.of(routing.groupsPerToken()));
    }
  }

  /** Blocks from one with experts to the next. */
  private int expertStep() {
    return 1 + (int) config.blocks().stream().takeWhile(block -> block.experts().isEmpty()).count();
  }

  private void addWindow() {
    OptionalInt window = config.slidingWindow();
    if (window.isEmpty() && layout.architecture().mayLeaveWindowOut()) {
      return;
    }
    // Without the key it takes a default; a window of the whole context is none.
    put("attention.sliding_window", GgufValue.of(window.orElse(config.maxPositions())));
    if (layout.architecture().listsWindows()) {
      put(
          "attention.sliding_window_pattern",
          GgufValue.flags(
              config.blocks().stream()
                  .map(block -> block.attention().window().isPresent())
                  .toList()));
    }
  }

  private void addExperts(ExpertConfig experts) {
    put("expert_count", GgufValue.of(experts.count()));
    put("expert_used_count", GgufValue.of(experts.perToken()));
    put("expert_feed_forward_length", GgufValue.of(layout.padded(experts.width(), true)));
    if (layout.architecture().readsRouting()) {
      addRouting(experts);
    }
    if (layout.architecture().hasLatentAttention() || layout.architecture().hasExpertsBeside()) {
      return;
    }
    if (layout.architecture().isLlama4()) {
      // The shared expert is as wide as the others.
      put("interleave_moe_layer_step", GgufValue.of(expertStep()));
      return;
    }
    experts
        .sharedWidth()
        .ifPresent(
            width ->
                put(
                    "expert_shared_feed_forward_length",
                    GgufValue.of(layout.padded(width, false))));
  }
}
