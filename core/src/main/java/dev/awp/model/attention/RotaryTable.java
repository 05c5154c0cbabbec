// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model.attention;

import dev.awp.config.AttentionConfig;
import dev.awp.rope.DynamicScaling;
import dev.awp.rope.LinearScaling;
import dev.awp.rope.Llama3Scaling;
import dev.awp.rope.LongRopeScaling;
import dev.awp.rope.ProportionalScaling;
import dev.awp.rope.RopeScaling;
import dev.awp.rope.Rotation;
import dev.awp.rope.YarnScaling;
import dev.awp.tensor.Matrix;
import java.lang.foreign.SegmentAllocator;

/**
 * Cosines and sines of the rotary position embedding (Su et al., 2021), one row a position.
 *
 * @param cos [positions, rotated columns of a head / 2]
 * @param sin of the same shape
 */
public record RotaryTable(Matrix cos, Matrix sin) {
  /**
   * The table of a block for sequences of that many positions. A block that knows no positions has
   * one that turns nothing.
   */
  public static RotaryTable of(AttentionConfig config, int positions, SegmentAllocator allocator) {
    if (config.rotation().isEmpty()) {
      return filled(new double[1], 1, positions, allocator);
    }
    Rotation rotation = config.rotation().get();
    return filled(
        frequencies(rotation, positions),
        rotation.scaling().map(RopeScaling::attentionFactor).orElse(1.0),
        positions,
        allocator);
  }

  /**
   * The table that turns back, and scales as this one does: the transpose of what this one does.
   */
  public RotaryTable transposed(SegmentAllocator allocator) {
    Matrix negated = Matrix.allocate(allocator, sin.rows(), sin.columns());
    for (int i = 0; i < sin.columns(); i++) {
      for (int position = 0; position < sin.rows(); position++) {
        negated.set(position, i, -sin.get(position, i));
      }
    }
    return new RotaryTable(cos, negated);
  }

  private static RotaryTable filled(
      double[] frequencies, double amplitude, int positions, SegmentAllocator allocator) {
    Matrix cos = Matrix.allocate(allocator, positions, frequencies.length);
    Matrix sin = Matrix.allocate(allocator, positions, frequencies.length);
    for (int i = 0; i < frequencies.length; i++) {
      for (int position = 0; position < positions; position++) {
        cos.set(position, i, (float) (Math.cos(position * frequencies[i]) * amplitude));
        sin.set(position, i, (float) (Math.sin(position * frequencies[i]) * amplitude));
      }
    }
    return new RotaryTable(cos, sin);
  }

  /** Angles by which a position turns each pair of columns. */
  private static double[] frequencies(Rotation rotation, int positions) {
    int dimension = rotation.dimension();
    double theta = rotation.theta();
    if (rotation.scaling().orElse(null) instanceof DynamicScaling dynamic) {
      theta = dynamic.theta(theta, dimension, positions);
    }
    double[] frequencies = new double[dimension / 2];
    for (int i = 0; i < frequencies.length; i++) {
      double plain = Math.pow(theta, -2.0 * i / dimension);
      int pair = i;
      frequencies[i] =
          rotation.scaling().map(s -> scaled(plain, pair, positions, rotation, s)).orElse(plain);
    }
    return frequencies;
  }

  private static double scaled(
      double frequency, int i, int positions, Rotation rotation, RopeScaling scaling) {
    return switch (scaling) {
      case LinearScaling linear -> frequency / linear.factor();
      case LongRopeScaling longRope -> frequency / longRope.factors(positions).get(i);
      case Llama3Scaling llama3 -> scaled(frequency, llama3);
      case YarnScaling yarn -> scaled(frequency, i, rotation, yarn);
      case DynamicScaling _ -> frequency;
      case ProportionalScaling own -> i < own.turned() ? frequency / own.factor() : 0;
    };
  }

  /** YaRN: slow planes stretched, fast ones kept, a linear blend by their index between. */
  private static double scaled(double frequency, int i, Rotation rotation, YarnScaling yarn) {
    int dimension = rotation.dimension();
    double low = turning(yarn.betaFast(), rotation, yarn);
    double high = turning(yarn.betaSlow(), rotation, yarn);
    if (yarn.truncated()) {
      low = Math.floor(low);
      high = Math.ceil(high);
    }
    low = Math.max(low, 0);
    high = Math.min(high, dimension - 1);
    double width = low == high ? 1e-3 : high - low;
    double slow = Math.clamp((i - low) / width, 0, 1);
    return frequency / yarn.factor() * slow + frequency * (1 - slow);
  }

  /** The plane, between whole ones, that turns so many times within the original context. */
  private static double turning(double times, Rotation rotation, YarnScaling yarn) {
    return rotation.dimension()
        * Math.log(yarn.originalContext() / (times * 2 * Math.PI))
        / (2 * Math.log(rotation.theta()));
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
