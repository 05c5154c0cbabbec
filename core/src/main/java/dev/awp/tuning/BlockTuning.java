// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.tuning;

import dev.awp.compute.Compute;
import dev.awp.kernel.ArithmeticKernels;
import dev.awp.model.gradient.BlockGradient;
import dev.awp.solver.Interruption;
import dev.awp.tensor.Matrix;
import dev.awp.text.TokenWeights;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tunes the layers of a block by the derivatives of its output error, the mean over tokens of |f(x)
 * - y|^2 / |y|^2, on some windows at a time. What comes next norms the hidden states, so the error
 * of each token counts in units of its size; a few tokens with huge states would decide for all
 * otherwise. Some windows are held out; the weights that do best on those are the result, the first
 * ones among them.
 */
public final class BlockTuning {
  private static final Logger LOG = LoggerFactory.getLogger(BlockTuning.class);
  private static final int ROWS = 64;

  private final BlockGradient block;
  private final List<TunedLayer> layers;
  private final Matrix inputs;
  private final Matrix outputs;
  private final TokenWeights tokens;
  private final int length;
  private final Compute compute;

  /**
   * A block with its data.
   *
   * @param block made for {@link #rows} rows
   * @param layers to be tuned; the block's others stay
   * @param inputs of the compressed block [windows * length, columns of states]
   * @param outputs that it should have [windows * length, columns of states]
   * @param tokens what they count, one a row
   * @param length tokens of a window
   */
  public BlockTuning(
      BlockGradient block,
      List<TunedLayer> layers,
      Matrix inputs,
      Matrix outputs,
      TokenWeights tokens,
      int length,
      Compute compute) {
    this.block = block;
    this.layers = List.copyOf(layers);
    this.inputs = inputs;
    this.outputs = outputs;
    this.tokens = tokens;
    this.length = length;
    this.compute = compute;
  }

  /**
   * What came of it.
   *
   * @param before error of the block's output on the windows that were held out, with the first
   *     weights
   * @param after the same with the tuned weights; at most as large
   * @param steps after how many steps they were found
   */
  public record Result(double before, double after, int steps) {}

  /** Rows that go through the block at a time. */
  public static int rows(int windows, int length) {
    return Math.clamp(TuningOptions.TOKENS / length, 1, windows) * length;
  }

  /** Tokens that go through a block while it is tuned, those that go back counted twice more. */
  public static double tokens(int steps, int windows, int length) {
    Split split = Split.of(windows, rows(windows, length) / length);
    return length * (3.0 * steps * split.step() + (TuningOptions.LOOKS + 1.0) * split.held());
  }

  /**
   * What windows are for, by their places in a drawn order.
   *
   * @param windows how many
   * @param step those of a step
   * @param held that are held out, the first ones, as many as fill whole passes; where there are
   *     too few windows all are taken for both
   */
  private record Split(int windows, int step, int held) {
    static Split of(int windows, int step) {
      return windows < 2 * step
          ? new Split(windows, step, step)
          : new Split(windows, step, Math.max(1, windows / TuningOptions.HELD_OUT / step) * step);
    }

    /** The windows of a step. */
    int[] of(int[] order, int index) {
      int first = windows < 2 * step ? 0 : held;
      int trained = windows - first;
      int[] chosen = new int[step];
      for (int k = 0; k < step; k++) {
        chosen[k] = order[first + (int) (((long) index * step + k) % trained)];
      }
      return chosen;
    }
  }

  /** Tunes; the layers' weights are then the best that were found. */
  public Result run(TuningOptions options) {
    int windows = inputs.rows() / length;
    Split split = Split.of(windows, rows(windows, length) / length);
    int[] order = shuffled(windows, new SplittableRandom(options.seed()));
    try (Arena arena = Arena.ofShared()) {
      Matrix x = Matrix.allocate(arena, split.step() * length, inputs.columns());
      putAll();
      double before = error(order, split, x);
      double best = before;
      int found = 0;
      int look = Math.max(1, Math.ceilDiv(options.steps(), TuningOptions.LOOKS));
      for (int i = 0; i < options.steps(); i++) {
        Interruption.check();
        step(split.of(order, i), x, i == 0 ? 0 : TuningOptions.MOMENTUM, options.rate(i));
        if ((i + 1) % look == 0 || i + 1 == options.steps()) {
          double error = error(order, split, x);
          LOG.debug("step {}: error {} of {}", i + 1, error, before);
          if (error < best) {
            best = error;
            found = i + 1;
            layers.forEach(layer -> layer.weights().keep());
          }
        }
      }
      layers.forEach(layer -> layer.weights().restore());
      putAll();
      return new Result(before, best, found);
    }
  }

  private void putAll() {
    layers.forEach(layer -> layer.weights().put(block.weights(layer.linear())));
  }

  private void step(int[] windows, Matrix x, float momentum, float rate) {
    take(windows, x);
    block.forward(x);
    Matrix by = block.hidden(x);
    var _ = difference(windows, by);
    block.backward(by, momentum);
    for (TunedLayer layer : layers) {
      layer.weights().move(block.derivatives(layer.linear()), rate);
    }
    putAll();
  }

  /** The error on the windows that are held out. */
  private double error(int[] order, Split split, Matrix x) {
    double sum = 0;
    for (int from = 0; from < split.held(); from += split.step()) {
      int[] chosen = Arrays.copyOfRange(order, from, from + split.step());
      take(chosen, x);
      block.forward(x);
      sum += difference(chosen, block.hidden(x));
    }
    int minibatches = split.held() / split.step();
    return sum / minibatches;
  }

  private void take(int[] windows, Matrix x) {
    for (int k = 0; k < windows.length; k++) {
      x.rowRange(k * length, (k + 1) * length)
          .copyFrom(inputs.rowRange(windows[k] * length, (windows[k] + 1) * length));
    }
  }

  /**
   * x becomes its difference from the wanted outputs, each row divided by the square of what is
   * wanted: half of the derivative of what is returned, but for a factor of all.
   *
   * @return the mean over tokens, by their weights, of |x - y|^2 / |y|^2
   */
  private double difference(int[] windows, Matrix x) {
    Matrix all = block.hidden(outputs);
    ArithmeticKernels arithmetic = compute.kernels().arithmetic();
    double[] errors = new double[x.rows()];
    double[] counts = new double[x.rows()];
    compute
        .workers()
        .forEachIndex(
            x.rows(),
            ROWS,
            r -> {
              int row = windows[r / length] * length + r % length;
              MemorySegment wanted = all.row(row);
              double size = arithmetic.dot(wanted, wanted);
              double weight = size == 0 ? 0 : tokens.get(row) / size;
              arithmetic.subtract(x.row(r), wanted, x.row(r));
              errors[r] = weight * arithmetic.dot(x.row(r), x.row(r));
              counts[r] = tokens.get(row);
              arithmetic.scale(x.row(r), (float) weight, x.row(r));
            });
    double count = Arrays.stream(counts).sum();
    return count == 0 ? 0 : Arrays.stream(errors).sum() / count;
  }

  private static int[] shuffled(int n, SplittableRandom random) {
    int[] order = new int[n];
    for (int i = 0; i < n; i++) {
      int j = random.nextInt(i + 1);
      order[i] = order[j];
      order[j] = i;
    }
    return order;
  }
}
