// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model;

import dev.awp.checkpoint.Llama3Scaling;
import dev.awp.checkpoint.ModelConfig;
import dev.awp.tensor.Matrix;
import java.lang.foreign.SegmentAllocator;

/**
 * Cosines and sines of the rotary position embedding (Su et al., 2021), one row a position.
 *
 * @param cos [positions, headDimension / 2]
 * @param sin [positions, headDimension / 2]
 */
record RotaryTable(Matrix cos, Matrix sin) {
  static RotaryTable of(ModelConfig config, int positions, SegmentAllocator allocator) {
    int half = config.headDimension() / 2;
    Matrix cos = Matrix.allocate(allocator, positions, half);
    Matrix sin = Matrix.allocate(allocator, positions, half);
    for (int i = 0; i < half; i++) {
      double frequency = frequency(config, i);
      for (int position = 0; position < positions; position++) {
        cos.set(position, i, (float) Math.cos(position * frequency));
        sin.set(position, i, (float) Math.sin(position * frequency));
      }
    }
    return new RotaryTable(cos, sin);
  }

  private static double frequency(ModelConfig config, int i) {
    double frequency = Math.pow(config.ropeTheta(), -2.0 * i / config.headDimension());
    return config.ropeScaling().map(scaling -> scaled(frequency, scaling)).orElse(frequency);
  }

  /** LLaMA 3.1: long wavelengths stretched, short ones kept, a linear blend between. */
  private static double scaled(double frequency, Llama3Scaling scaling) {
    double wavelength = 2 * Math.PI / frequency;
    double context = scaling.originalContext();
    if (wavelength < context / scaling.highFrequencyFactor()) {
      return frequency;
    }
    if (wavelength > context / scaling.lowFrequencyFactor()) {
      return frequency / scaling.factor();
    }
    double smooth =
        (context / wavelength - scaling.lowFrequencyFactor())
            / (scaling.highFrequencyFactor() - scaling.lowFrequencyFactor());
    return (1 - smooth) * frequency / scaling.factor() + smooth * frequency;
  }
}
