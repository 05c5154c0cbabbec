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
import java.util.List;
import java.util.SplittableRandom;

/**
 * Tunes the layers of a block by steps against the signs of the derivatives of its output error,
 * mean over tokens of |f(x) - y|^2, on some windows at a time (Cheng et al. 2024, SignRound, whose
 * roundings begin at the nearest codes where these begin at a solution). Every eighth window is
 * held out; the weights that do best on those are the result, the first ones among them.
 */
public final class BlockTuning {
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
   * @param inputs of the compressed block [windows * length, hidden]
   * @param outputs that it should have [windows * length, hidden]
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
   * @param before mean squared error of the block's output on the windows that were held out
   * @param after the same with the tuned weights; at most as large
   * @param steps after how many steps they were found
   */
  public record Result(double before, double after, int steps) {}

  /** Rows that go through the block at a time. */
  public static int rows(int windows, int length) {
    return Math.clamp(TuningOptions.windows * 512 / length, 1, windows) * length;
  }

  /** Tokens that go through a block while it is tuned, those that go back counted twice more. */
  public static double tokens(int steps, int windows, int length) {
    int rows = rows(windows, length);
    double held = Math.max(rows, windows / TuningOptions.HELD_OUT * length);
    return 3.0 * steps * rows + (TuningOptions.LOOKS + 1) * held;
  }

  /** Tunes; the layers' weights are then the best that were found. */
  public Result run(TuningOptions given) {
    TuningOptions options = TuningOptions.over > 0 ? new TuningOptions(TuningOptions.over, given.seed()) : given;
    int windows = inputs.rows() / length;
    int step = rows(windows, length) / length;
    int[] order = shuffled(windows, new SplittableRandom(options.seed()));
    // Those that are held out come first; as many as fill whole passes.
    int held = windows < 2 * step ? windows : Math.max(1, windows / TuningOptions.HELD_OUT / step) * step;
    int trained = windows < 2 * step ? windows : windows - held;
    int first = windows - trained;
    try (Arena arena = Arena.ofShared()) {
      Matrix x = Matrix.allocate(arena, step * length, inputs.columns());
      layers.forEach(layer -> layer.weights().put(block.weights(layer.linear())));
      double before = error(order, held, step, x);
      double best = before;
      int found = 0;
      int look = Math.max(1, Math.ceilDiv(options.steps(), TuningOptions.LOOKS));
      for (int i = 0; i < options.steps(); i++) {
        Interruption.check();
        int[] chosen = new int[step];
        for (int k = 0; k < step; k++) {
          chosen[k] = order[first + (int) (((long) i * step + k) % trained)];
        }
        take(chosen, x);
        block.forward(x);
        var _ = difference(chosen, x, true);
        block.backward(x, i == 0 ? 0 : TuningOptions.momentum);
        float share = 1 - (float) i / options.steps();
        float rate = TuningOptions.rate * share / options.steps();
        for (TunedLayer layer : layers) {
          layer.weights().move(block.derivatives(layer.linear()), rate);
          layer.weights().put(block.weights(layer.linear()));
        }
        if ((i + 1) % look == 0 || i + 1 == options.steps()) {
          double error = error(order, held, step, x);
          double was = TuningOptions.power;
          TuningOptions.power = 1 - was;
          double other = Boolean.getBoolean("awp.tune.log") ? error(order, held, step, x) : 0;
          TuningOptions.power = was;
          if (Boolean.getBoolean("awp.tune.log")) {
            System.err.printf("tune step %d: %.6g of %.6g; %.6g%n", i + 1, error, before, other);
          }
          if (error < best) {
            best = error;
            found = i + 1;
            layers.forEach(layer -> layer.weights().keep());
          }
        }
      }
      for (TunedLayer layer : layers) {
        layer.weights().restore();
        layer.weights().put(block.weights(layer.linear()));
      }
      return new Result(before, best, found);
    }
  }

  /** Mean squared error on the first windows of an order. */
  private double error(int[] order, int held, int step, Matrix x) {
    double sum = 0;
    for (int from = 0; from < held; from += step) {
      int[] chosen = new int[step];
      for (int k = 0; k < step; k++) {
        chosen[k] = order[Math.min(from + k, held - 1)];
      }
      take(chosen, x);
      block.forward(x);
      sum += difference(chosen, x, false);
    }
    return sum / Math.ceilDiv(held, step);
  }

  private void take(int[] windows, Matrix x) {
    for (int k = 0; k < windows.length; k++) {
      x.rowRange(k * length, (k + 1) * length)
          .copyFrom(inputs.rowRange(windows[k] * length, (windows[k] + 1) * length));
    }
  }

  /**
   * x less the wanted outputs, and the mean of its squares, by the tokens' weights.
   *
   * @param weigh whether rows are multiplied by the tokens' weights then
   */
  private double difference(int[] windows, Matrix x, boolean weigh) {
    ArithmeticKernels arithmetic = compute.kernels().arithmetic();
    double[] squares = new double[x.rows()];
    double[] counts = new double[x.rows()];
    compute
        .workers()
        .forEachBlock(
            x.rows(),
            64,
            (from, to) -> {
              for (int r = from; r < to; r++) {
                int row = windows[r / length] * length + r % length;
                float weight = tokens.get(row);
                var wanted = outputs.row(row);
                if (TuningOptions.power != 0) {
                  double size = arithmetic.dot(wanted, wanted) / x.columns();
                  weight *= (float) Math.pow(size + 1e-6, -TuningOptions.power);
                }
                arithmetic.subtract(x.row(r), wanted, x.row(r));
                squares[r] = weight * arithmetic.dot(x.row(r), x.row(r));
                counts[r] = tokens.get(row);
                if (weigh && weight != 1) {
                  arithmetic.scale(x.row(r), weight, x.row(r));
                }
              }
            });
    double sum = 0;
    double count = 0;
    for (int r = 0; r < squares.length; r++) {
      sum += squares[r];
      count += counts[r];
    }
    return count == 0 ? 0 : sum / count;
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
