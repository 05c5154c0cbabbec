// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.calibration;

import dev.awp.blas.mixed.MixedBlas;
import dev.awp.blas.mixed.MixedPrecision;
import dev.awp.compute.Compute;
import dev.awp.model.InputSite;
import dev.awp.model.LinearLayer;
import dev.awp.model.Step;
import dev.awp.model.forward.TransformerModel;
import dev.awp.model.sublayer.LinearInputs;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Which precision the products of a block's calibration may have. The first tokens of the first
 * window go through the block in float32 and in each lower precision, the fastest first, until one
 * is found whose noise at every input site is small enough.
 *
 * <p>How small: noise of relative energy e adds E||(W - T) d||^2 to f, about what the noise would
 * cost an update that knows nothing of C, which is within ten times of f; so e = 1e-3 is 1 % of f,
 * and a tenth of it leaves room for the noise of the blocks before.
 */
public final class ForwardTrial {
  private static final double NOISE = 1e-4;

  /** Elements of a weight matrix from which on products in lower precision are faster. */
  private static final long WORTHWHILE = 1L << 18;

  private static final int TOKENS = 256;

  /** Tokens of a calibration in which those of the trial hardly count. */
  private static final int MANY_TOKENS = 16 * TOKENS;

  private ForwardTrial() {}

  /** Whether a block with these layers may be calibrated in lower precision. */
  public static boolean isPossible(MixedPrecision lower, List<LinearLayer> linears) {
    return !lower.candidates().isEmpty()
        && (lower.isForced() || linears.stream().anyMatch(ForwardTrial::isLarge));
  }

  /**
   * What to run a block's calibration on.
   *
   * @param states of the calibration before the block
   * @param length tokens of a window
   */
  public static Compute choose(
      TransformerModel model, int index, Matrix states, int length, Compute compute) {
    MixedPrecision lower = compute.lower();
    boolean head = index == model.layout().config().layers();
    if (head || !isPossible(lower, model.layout().linears(index))) {
      // Behind the last block there is only a norm.
      return compute;
    }
    if (lower.isForced()) {
      return compute.with(lower.candidates().getFirst());
    }
    if (states.rows() < MANY_TOKENS) {
      return compute;
    }
    try (Arena arena = Arena.ofShared()) {
      Matrix tokens = states.rowRange(0, Math.min(TOKENS, length));
      Map<InputSite, Matrix> expected = inputs(model, index, tokens, compute, arena);
      for (MixedBlas candidate : lower.candidates()) {
        Compute mixed = compute.with(candidate);
        try (Arena own = Arena.ofShared()) {
          if (agree(expected, inputs(model, index, tokens, mixed, own), compute)) {
            return mixed;
          }
        }
      }
    }
    return compute;
  }

  private static boolean isLarge(LinearLayer linear) {
    return (long) linear.rows() * linear.columns() >= WORTHWHILE;
  }

  /** What the block's linear layers see of a window that is cut off after these tokens. */
  private static Map<InputSite, Matrix> inputs(
      TransformerModel model, int index, Matrix tokens, Compute compute, Arena arena) {
    Map<InputSite, Matrix> inputs = new HashMap<>();
    try (Arena own = Arena.ofShared()) {
      Matrix x = Matrix.allocate(own, tokens.rows(), tokens.columns());
      x.copyFrom(tokens);
      LinearInputs keep =
          (site, seen) -> {
            // Which tokens an expert sees may change; what it multiplies with stays in float32.
            if (!site.ofExpert()) {
              Matrix copy = Matrix.allocate(arena, seen.rows(), seen.columns());
              copy.copyFrom(seen);
              inputs.put(site, copy);
            }
          };
      for (Step step : model.layout().steps(index)) {
        try (Arena weights = Arena.ofShared()) {
          model.on(compute).step(index, step, weights).forward(x, tokens.rows(), keep);
        }
      }
    }
    return inputs;
  }

  private static boolean agree(
      Map<InputSite, Matrix> expected, Map<InputSite, Matrix> actual, Compute compute) {
    return expected.entrySet().stream()
        .allMatch(site -> agree(site.getValue(), actual.get(site.getKey()), compute));
  }

  /** The second matrix is overwritten. */
  private static boolean agree(Matrix expected, Matrix actual, Compute compute) {
    double energy = 0;
    double noise = 0;
    for (int row = 0; row < expected.rows(); row++) {
      var arithmetic = compute.kernels().arithmetic();
      arithmetic.subtract(actual.row(row), expected.row(row), actual.row(row));
      energy += arithmetic.dot(expected.row(row), expected.row(row));
      noise += arithmetic.dot(actual.row(row), actual.row(row));
    }
    return noise <= NOISE * energy;
  }
}
