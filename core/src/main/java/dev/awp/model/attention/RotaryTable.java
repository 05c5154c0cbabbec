// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model.attention;

import dev.awp.config.AttentionConfig;
import dev.awp.config.LinearScaling;
import dev.awp.config.Llama3Scaling;
import dev.awp.config.LongRopeScaling;
import dev.awp.config.RopeScaling;
import dev.awp.tensor.Matrix;
import java.lang.foreign.SegmentAllocator;
import java.util.Optional;

/**
 * Cosines and sines of the rotary position embedding (Su et al., 2021), one row a position.
 *
 * @param cos [positions, headDimension / 2]
 * @param sin [positions, headDimension / 2]
 */
public record RotaryTable(Matrix cos, Matrix sin) {
  /** The table of a block for sequences of that many positions. */
  public static RotaryTable of(AttentionConfig config, int positions, SegmentAllocator allocator) {
    double theta = config.rotation().theta();
    Optional<RopeScaling> scaling = config.rotation().scaling();
    double amplitude =
        scaling.orElse(null) instanceof LongRopeScaling longRope ? longRope.attentionFactor() : 1;
    int half = config.headDimension() / 2;
    Matrix cos = Matrix.allocate(allocator, positions, half);
    Matrix sin = Matrix.allocate(allocator, positions, half);
    for (int i = 0; i < half; i++) {
      double plain = Math.pow(theta, -2.0 * i / config.headDimension());
      double frequency = scaling.isEmpty() ? plain : scaled(plain, i, positions, scaling.get());
      for (int position = 0; position < positions; position++) {
        cos.set(position, i, (float) (Math.cos(position * frequency) * amplitude));
        sin.set(position, i, (float) (Math.sin(position * frequency) * amplitude));
      }
    }
    return new RotaryTable(cos, sin);
  }

  private static double scaled(double frequency, int i, int positions, RopeScaling scaling) {
    return switch (scaling) {
      case LinearScaling linear -> frequency / linear.factor();
      case LongRopeScaling longRope -> frequency / longRope.factors(positions).get(i);
      case Llama3Scaling llama3 -> scaled(frequency, llama3);
    };
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
