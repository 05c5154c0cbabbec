// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config;

import java.util.List;

/**
 * A Mamba-2 mixer (Dao and Gu, "Transformers are SSMs", arXiv 2405.21060). A head's state S decays
 * and takes in the token, S = exp(dt A) S + dt B x^T, and gives S^T C + D x.
 *
 * @param heads each with one A, D and dt
 * @param headDimension length of x of one head
 * @param groups of heads that share B and C; {@code heads} is a multiple of it
 * @param stateSize length of B and C
 * @param kernel tokens that the convolution sees
 * @param convolutionBias whether the convolution has a bias
 * @param inputBias whether the input projection has one
 * @param outputBias whether the output projection has one
 * @param multipliers of gates, x, B, C and dt behind the input projection; empty where there are
 *     none
 * @param norm of what the heads give, in groups of channels
 * @param leastStep dt is not below it
 * @param largestStep dt is not above it; may be infinite
 */
public record Mamba2Config(
    int heads,
    int headDimension,
    int groups,
    int stateSize,
    int kernel,
    boolean convolutionBias,
    boolean inputBias,
    boolean outputBias,
    List<Float> multipliers,
    GatedNorm norm,
    float leastStep,
    float largestStep)
    implements Recurrence {
  public Mamba2Config {
    multipliers = List.copyOf(multipliers);
  }

  /** The same without multipliers. */
  public Mamba2Config withoutMultipliers() {
    return new Mamba2Config(
        heads,
        headDimension,
        groups,
        stateSize,
        kernel,
        convolutionBias,
        inputBias,
        outputBias,
        List.of(),
        norm,
        leastStep,
        largestStep);
  }

  @Override
  public String title() {
    return "Mamba-2";
  }

  @Override
  public int keyHeads() {
    return groups;
  }

  @Override
  public int keyDimension() {
    return stateSize;
  }

  @Override
  public int valueDimension() {
    return headDimension;
  }

  /** Columns of B, or of C, of all groups. */
  public int keyWidth() {
    return groups * stateSize;
  }

  @Override
  public int convolved() {
    return width() + 2 * keyWidth();
  }

  /**
   * Columns of each of gates, x, B, C and dt, as they lie behind the input projection one after the
   * other.
   */
  public List<Integer> parts() {
    return List.of(width(), width(), keyWidth(), keyWidth(), heads);
  }

  /** Outputs of the input projection: gates, what is convolved, and dt of each head. */
  public int projected() {
    return width() + convolved() + heads;
  }
}
