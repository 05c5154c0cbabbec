// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.model;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.awp.AwpException;
import dev.awp.config.Architecture;
import dev.awp.config.WindowRule;
import dev.awp.gguf.file.GgufKeys;
import dev.awp.gguf.model.GgufConfig.GgufTensors;
import dev.awp.rope.Llama3Scaling;
import dev.awp.rope.ProportionalScaling;
import dev.awp.rope.YarnScaling;
import java.util.Optional;

/** How a GGUF file says that queries and keys are rotated, in the words of config.json. */
final class GgufRotation {
  private static final String PARTIAL = "partial_rotary_factor";

  private final GgufKeys keys;
  private final GgufTensors tensors;
  private final Architecture architecture;
  private final GgufArchitecture graph;

  GgufRotation(GgufKeys keys, GgufTensors tensors, Architecture architecture) {
    this.keys = keys;
    this.tensors = tensors;
    this.architecture = architecture;
    this.graph = GgufArchitecture.of(architecture);
  }

  private String key(String name) {
    return keys.architecture() + "." + name;
  }

  private int whole(String name) {
    return GgufNumbers.whole(keys, key(name));
  }

  /** Adds the settings of rotation. */
  void addTo(ObjectNode config) {
    if (graph.hasOneSublayer()) {
      return;
    }
    double theta = GgufNumbers.shortest(keys, key("rope.freq_base"), 10_000);
    if (graph.isGemma4()) {
      addKinds(config, theta);
      return;
    }
    config.put("rope_theta", theta);
    int rotated = keys.whole(key("rope.dimension_count")).orElse(GgufConfig.headDimension(keys));
    boolean said = architecture.defaults().contains(PARTIAL);
    boolean whole = rotated == GgufConfig.headDimension(keys);
    if ((said || !whole) && !graph.hasLatentAttention()) {
      config.put(PARTIAL, (double) rotated / GgufConfig.headDimension(keys));
    }
    if (graph == GgufArchitecture.GEMMA3) {
      config.put(
          "rope_local_base_freq", GgufNumbers.shortest(keys, key("rope.freq_base_swa"), 10_000));
    }
    String type = keys.text(key("rope.scaling.type")).orElse("none");
    if (tensors.has(GgufRope.FACTORS)) {
      addStretching(config, theta, tensors.vector().apply(GgufRope.FACTORS));
    } else if (tensors.has("rope_factors_long.weight")) {
      addLongRope(config);
    } else if (graph.hasTemperature()) {
      addTemperature(config, theta, type);
    } else if (graph.rotatesWindowsUnscaled()
        && !(architecture.windows() instanceof WindowRule.Never)) {
      addRotations(config, theta, type);
    } else if (!type.equals("none")) {
      addScaling(config.putObject("rope_scaling"), type);
    }
  }

  /** Blocks with a sliding window and those without rotate by bases of their own. */
  private void addKinds(ObjectNode config, double theta) {
    int head = GgufConfig.headDimension(keys);
    String rotated = key("rope.dimension_count");
    int local = keys.whole(key("attention.key_length_swa")).orElse(head);
    int all = keys.whole(rotated).orElse(head);
    if (all != head || keys.whole(rotated + "_swa").orElse(all) != local) {
      throw keys.fail(rotated, "leaves columns of heads out, awp reads those that rotate whole");
    }
    ObjectNode both = config.putObject("rope_parameters");
    ObjectNode full = both.putObject("full_attention");
    double slower =
        keys.text(key("rope.scaling.type")).orElse("none").equals("linear")
            ? GgufNumbers.shortest(keys, key("rope.scaling.factor"), 1)
            : 1;
    ProportionalScaling scaling =
        GgufRope.proportional(tensors.vector().apply(GgufRope.FACTORS))
            .filter(found -> found.turned() <= head / 2)
            .orElseThrow(
                () ->
                    new AwpException(
                        "%s: tensor %s holds factors that no proportional rope scaling has"
                            .formatted(keys.file(), GgufRope.FACTORS)));
    double factor = slower * GgufNumbers.decimal((float) scaling.factor());
    if (scaling.turned() < head / 2) {
      full.put("rope_type", "proportional").put(PARTIAL, share(scaling.turned(), head));
      full.put("factor", factor);
    } else if (factor == 1) {
      full.put("rope_type", "default");
    } else {
      full.put("rope_type", "linear").put("factor", factor);
    }
    full.put("rope_theta", theta);
    both.putObject("sliding_attention")
        .put("rope_type", "default")
        .put("rope_theta", GgufNumbers.shortest(keys, key("rope.freq_base_swa"), 10_000));
  }

  /** The share of a head that turns, of which so many pairs are read. */
  private static double share(int pairs, int columns) {
    double share = Math.max(pairs, 0.5) * 2 / columns;
    return (int) (share * columns / 2) < pairs ? Math.nextUp(share) : share;
  }

  /** Blocks with a sliding window rotate without scaling, by the base of the others. */
  private void addRotations(ObjectNode config, double theta, String type) {
    ObjectNode both = config.putObject("rope_parameters");
    both.putObject("sliding_attention").put("rope_type", "default").put("rope_theta", theta);
    ObjectNode full = both.putObject("full_attention");
    full.put("rope_type", "default").put("rope_theta", theta);
    if (!type.equals("none")) {
      addScaling(full, type);
    }
  }

  private void addScaling(ObjectNode scaling, String type) {
    scaling.put("rope_type", type);
    scaling.put("factor", GgufNumbers.shortest(keys, key("rope.scaling.factor"), 1));
    if (type.equals("yarn")) {
      addYarn(scaling);
    }
  }

  /** Such a class has all of it in one object, which says 0 where nothing grows. */
  private void addTemperature(ObjectNode config, double theta, String type) {
    ObjectNode scaling = config.putObject("rope_parameters");
    scaling.put("rope_type", "default");
    scaling.put("rope_theta", theta);
    scaling.put("original_max_position_embeddings", whole("context_length"));
    scaling.put(
        "llama_4_scaling_beta", GgufNumbers.shortest(keys, key("attention.temperature_scale"), 0));
    if (!type.equals("none")) {
      addScaling(scaling, type);
    }
  }

  private void addYarn(ObjectNode scaling) {
    double factor = scaling.path("factor").doubleValue();
    String divided = key("rope.scaling.yarn_log_multiplier");
    double power = keys.number(divided).orElse(0.0);
    if (graph.hasLatentAttention()) {
      double mscale = GgufNumbers.decimal((float) (GgufNumbers.shortest(keys, divided, 0) * 10));
      scaling.put("mscale", mscale).put("mscale_all_dim", mscale);
      keys.whole(key("rope.scaling.original_context_length"))
          .ifPresent(length -> scaling.put("original_max_position_embeddings", length));
      return;
    }
    if (power != 0 && !graph.readsYarnBounds()) {
      throw keys.fail(divided, "is %s, awp knows none".formatted(power));
    }
    keys.whole(key("rope.scaling.original_context_length"))
        .ifPresent(length -> scaling.put("original_max_position_embeddings", length));
    Optional<Double> more = keys.number(key("rope.scaling.attn_factor"));
    if (graph.isOpenAi()) {
      // As its class has it; llama.cpp's graph rounds the bounds.
      scaling.put("truncate", false);
    }
    if (graph.readsYarnBounds()) {
      scaling.put(
          "beta_fast",
          GgufNumbers.shortest(keys, key("rope.scaling.yarn_beta_fast"), YarnScaling.BETA_FAST));
      scaling.put(
          "beta_slow",
          GgufNumbers.shortest(keys, key("rope.scaling.yarn_beta_slow"), YarnScaling.BETA_SLOW));
    }
    if (power != 0 && more.isEmpty()) {
      scaling.put("mscale", 1.0).put("mscale_all_dim", power);
    } else if (more.isPresent()) {
      double own =
          YarnScaling.usualAttentionFactor(factor) / YarnScaling.attentionFactor(factor, power);
      scaling.put("attention_factor", more.get() * own);
    }
  }

  private void addStretching(ObjectNode config, double theta, float[] factors) {
    Llama3Scaling found =
        Llama3Factors.scaling(theta, factors)
            .orElseThrow(
                () ->
                    new AwpException(
                        "%s: tensor %s holds factors that no rope scaling of LLaMA 3 has"
                            .formatted(keys.file(), GgufRope.FACTORS)));
    if (found.factor() == 1) {
      return;
    }
    ObjectNode scaling = config.putObject("rope_scaling");
    scaling.put("rope_type", "llama3");
    scaling.put("factor", found.factor());
    scaling.put("low_freq_factor", found.lowFrequencyFactor());
    scaling.put("high_freq_factor", found.highFrequencyFactor());
    scaling.put("original_max_position_embeddings", found.originalContext());
  }

  private void addLongRope(ObjectNode config) {
    int original = whole("rope.scaling.original_context_length");
    config.put("original_max_position_embeddings", original);
    ObjectNode scaling = config.putObject("rope_scaling");
    scaling.put("rope_type", "longrope");
    scaling.put("type", "longrope");
    put(scaling.putArray("long_factor"), tensors.vector().apply("rope_factors_long.weight"));
    put(scaling.putArray("short_factor"), tensors.vector().apply("rope_factors_short.weight"));
    // What the contexts imply is left to them: the file holds it in float32.
    double ratio = (double) whole("context_length") / original;
    double implied = ratio > 1 ? Math.sqrt(1 + Math.log(ratio) / Math.log(original)) : 1;
    keys.number(key("rope.scaling.attn_factor"))
        .filter(factor -> factor.floatValue() != (float) implied)
        .ifPresent(factor -> scaling.put("attention_factor", factor));
  }

  private static void put(ArrayNode list, float[] values) {
    for (float value : values) {
      list.add(GgufNumbers.decimal(value));
    }
  }
}
