// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.model;

import dev.awp.config.AttentionConfig;
import dev.awp.config.ModelConfig;
import dev.awp.gguf.GgufValue;
import dev.awp.rope.DynamicScaling;
import dev.awp.rope.LinearScaling;
import dev.awp.rope.Llama3Scaling;
import dev.awp.rope.LongRopeScaling;
import dev.awp.rope.ProportionalScaling;
import dev.awp.rope.RopeScaling;
import dev.awp.rope.YarnScaling;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A model's rotary scaling: keys, and tensors of factors. */
public final class GgufRope {
  /** The tensor of what frequencies are divided by, where no length of a text changes it. */
  static final String FACTORS = "rope_freqs.weight";

  /** What frequencies are divided by that turn nothing. */
  private static final float STILL = 1e30f;

  /** From so much on nothing turns. */
  private static final float STILL_ENOUGH = 1e20f;

  private GgufRope() {}

  /** Metadata, whose keys begin with the architecture's name. */
  public static Map<String, GgufValue> keys(ModelConfig config, GgufArchitecture graph) {
    String name = graph.llamaName();
    Map<String, GgufValue> keys = new LinkedHashMap<>();
    if (graph.hasOneSublayer()) {
      return keys;
    }
    keys.put(name + ".rope.dimension_count", GgufValue.of(dimension(config)));
    keys.put(name + ".rope.freq_base", GgufValue.of((float) config.rotation().theta()));
    config
        .localRotation()
        .ifPresent(
            local -> {
              keys.put(name + ".rope.freq_base_swa", GgufValue.of((float) local.theta()));
              if (graph.isGemma4()) {
                keys.put(name + ".rope.dimension_count_swa", GgufValue.of(local.dimension()));
              }
            });
    if (graph.saysNoScaling() && config.rotation().scaling().isEmpty()) {
      keys.put(name + ".rope.scaling.type", GgufValue.of("none"));
    }
    config
        .rotation()
        .scaling()
        .ifPresent(
            scaling -> {
              switch (scaling) {
                case Llama3Scaling _ -> {}
                case LinearScaling linear -> {
                  keys.put(name + ".rope.scaling.type", GgufValue.of("linear"));
                  keys.put(name + ".rope.scaling.factor", GgufValue.of((float) linear.factor()));
                }
                // Without keys: the one has factors, the other is refused.
                case ProportionalScaling _, DynamicScaling _ -> {}
                case YarnScaling yarn -> {
                  String own = name + ".rope.scaling.";
                  keys.put(own + "type", GgufValue.of("yarn"));
                  keys.put(own + "factor", GgufValue.of((float) yarn.factor()));
                  keys.put(own + "original_context_length", GgufValue.of(yarn.originalContext()));
                  keys.put(own + "yarn_beta_fast", GgufValue.of((float) yarn.betaFast()));
                  keys.put(own + "yarn_beta_slow", GgufValue.of((float) yarn.betaSlow()));
                  // llama.cpp multiplies by the usual factor itself, unless it divides by it too.
                  double more =
                      yarn.attentionFactor() / YarnScaling.usualAttentionFactor(yarn.factor());
                  if (graph.hasLatentAttention()) {
                    keys.put(own + "yarn_log_multiplier", GgufValue.of(power(config, yarn)));
                  } else if (graph.readsYarnBounds() && yarn.attentionFactor() == 1) {
                    keys.put(own + "yarn_log_multiplier", GgufValue.of(1f));
                  } else if ((float) more != 1) {
                    keys.put(own + "attn_factor", GgufValue.of((float) more));
                  }
                }
                case LongRopeScaling longRope -> {
                  keys.put(
                      name + ".rope.scaling.original_context_length",
                      GgufValue.of(longRope.originalContext()));
                  keys.put(
                      name + ".rope.scaling.attn_factor",
                      GgufValue.of((float) longRope.attentionFactor()));
                }
              }
            });
    return keys;
  }

  /** A tenth of what scores of latent attention are sharpened by, as "mscale_all_dim" says it. */
  private static float power(ModelConfig config, YarnScaling yarn) {
    AttentionConfig attention = config.attention().orElseThrow();
    double amplitude = Math.pow(attention.headDimension() / attention.scores().divisor(), 1.0 / 4);
    return (float) ((amplitude - 1) / Math.log(yarn.factor()));
  }

  /**
   * Tensors by name: what llama.cpp divides each rotary frequency by, one a pair of rotated
   * columns.
   */
  public static Map<String, float[]> factors(ModelConfig config) {
    Map<String, float[]> tensors = new LinkedHashMap<>();
    if (GgufArchitecture.of(config).isGemma4()) {
      // It wants them of whatever scaling.
      tensors.put(FACTORS, proportional(dimension(config) / 2, config.rotation().scaling()));
      return tensors;
    }
    config
        .rotation()
        .scaling()
        .ifPresent(
            scaling -> {
              switch (scaling) {
                case LinearScaling _, DynamicScaling _, YarnScaling _, ProportionalScaling _ -> {}
                case Llama3Scaling llama3 -> tensors.put(FACTORS, llama3(config, llama3));
                case LongRopeScaling longRope -> {
                  tensors.put("rope_factors_long.weight", array(longRope.longFactors()));
                  tensors.put("rope_factors_short.weight", array(longRope.shortFactors()));
                }
              }
            });
    return tensors;
  }

  /** What the frequencies of so many pairs are divided by where some of them do not turn. */
  private static float[] proportional(int pairs, Optional<RopeScaling> scaling) {
    float[] factors = new float[pairs];
    Arrays.fill(factors, 1);
    if (scaling.isPresent() && scaling.get() instanceof ProportionalScaling own) {
      Arrays.fill(factors, 0, own.turned(), (float) own.factor());
      Arrays.fill(factors, own.turned(), pairs, STILL);
    }
    return factors;
  }

  /** The scaling whose factors these are; empty where there is none. */
  static Optional<ProportionalScaling> proportional(float[] factors) {
    int turned = 0;
    while (turned < factors.length && factors[turned] < STILL_ENOUGH) {
      turned++;
    }
    for (int i = 0; i < factors.length; i++) {
      if (i < turned ? !(factors[i] == factors[0] && factors[0] > 0) : factors[i] < STILL_ENOUGH) {
        return Optional.empty();
      }
    }
    return Optional.of(new ProportionalScaling(turned, turned == 0 ? 1 : factors[0]));
  }

  private static float[] array(List<Double> factors) {
    float[] values = new float[factors.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = factors.get(i).floatValue();
    }
    return values;
  }

  private static int dimension(ModelConfig config) {
    return config.rotation().dimension();
  }

  private static float[] llama3(ModelConfig config, Llama3Scaling scaling) {
    return llama3(config.rotation().theta(), dimension(config), scaling);
  }

  /** LLaMA 3's stretching of long wave lengths: what each frequency is divided by. */
  static float[] llama3(double theta, int dimension, Llama3Scaling scaling) {
    float[] factors = new float[dimension / 2];
    double longest = scaling.originalContext() / scaling.lowFrequencyFactor();
    double shortest = scaling.originalContext() / scaling.highFrequencyFactor();
    for (int i = 0; i < factors.length; i++) {
      double frequency = Math.pow(theta, -2.0 * i / dimension);
      double length = 2 * Math.PI / frequency;
      if (length < shortest) {
        factors[i] = 1;
      } else if (length > longest) {
        factors[i] = (float) scaling.factor();
      } else {
        double smooth =
            (scaling.originalContext() / length - scaling.lowFrequencyFactor())
                / (scaling.highFrequencyFactor() - scaling.lowFrequencyFactor());
        factors[i] = (float) (1 / ((1 - smooth) / scaling.factor() + smooth));
      }
    }
    return factors;
  }
}
