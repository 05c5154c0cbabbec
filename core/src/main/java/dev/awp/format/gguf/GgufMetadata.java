// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format.gguf;

import dev.awp.checkpoint.Llama3Scaling;
import dev.awp.checkpoint.ModelConfig;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** The metadata that llama.cpp needs of a model, its tokenizer's besides. */
final class GgufMetadata {
  private GgufMetadata() {}

  static Map<String, GgufValue> of(ModelConfig config, GgufLayout layout, Path folder) {
    String name = layout.architecture();
    Map<String, GgufValue> keys = new LinkedHashMap<>();
    keys.put("general.architecture", GgufValue.of(name));
    keys.put("general.type", GgufValue.of("model"));
    Path last = folder.toAbsolutePath().normalize().getFileName();
    keys.put("general.name", GgufValue.of(last == null ? name : last.toString()));
    keys.put("general.file_type", GgufValue.of(layout.commonType().fileType()));
    keys.put("general.quantization_version", GgufValue.of(2));
    keys.put(name + ".vocab_size", GgufValue.of(config.vocabularySize()));
    keys.put(name + ".context_length", GgufValue.of(config.maxPositions()));
    keys.put(name + ".embedding_length", GgufValue.of(config.hiddenSize()));
    keys.put(name + ".block_count", GgufValue.of(config.layers()));
    keys.put(name + ".feed_forward_length", GgufValue.of(layout.paddedInner()));
    keys.put(name + ".attention.head_count", GgufValue.of(config.heads()));
    keys.put(name + ".attention.head_count_kv", GgufValue.of(config.keyValueHeads()));
    keys.put(name + ".attention.key_length", GgufValue.of(config.headDimension()));
    keys.put(name + ".attention.value_length", GgufValue.of(config.headDimension()));
    keys.put(name + ".attention.layer_norm_rms_epsilon", GgufValue.of(config.rmsNormEpsilon()));
    keys.put(name + ".rope.dimension_count", GgufValue.of(config.headDimension()));
    keys.put(name + ".rope.freq_base", GgufValue.of((float) config.ropeTheta()));
    return keys;
  }

  /**
   * By what llama.cpp divides each rotary frequency, [headDimension / 2]: LLaMA 3's stretching of
   * long wave lengths.
   */
  static float[] ropeFactors(ModelConfig config, Llama3Scaling scaling) {
    float[] factors = new float[config.headDimension() / 2];
    double longest = scaling.originalContext() / scaling.lowFrequencyFactor();
    double shortest = scaling.originalContext() / scaling.highFrequencyFactor();
    for (int i = 0; i < factors.length; i++) {
      double frequency = Math.pow(config.ropeTheta(), -2.0 * i / config.headDimension());
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
