// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.baseline;

import dev.awp.compute.Compute;
import dev.awp.constraint.Constraint;
import dev.awp.constraint.GridParameters;
import dev.awp.constraint.Storage;
import dev.awp.constraint.affine.IntegerGrid;
import dev.awp.solver.Interruption;
import dev.awp.solver.IterationListener;
import dev.awp.solver.IterationRecord;
import dev.awp.solver.LayerProblem;
import dev.awp.solver.LayerShape;
import dev.awp.solver.Objective;
import dev.awp.solver.Solution;
import dev.awp.solver.Solver;
import dev.awp.solver.StopReason;
import dev.awp.tensor.DType;
import dev.awp.tensor.Matrix;
import java.lang.foreign.SegmentAllocator;
import java.util.ArrayList;
import java.util.List;

/**
 * AWQ (Lin et al., "AWQ: Activation-aware Weight Quantization for LLM Compression and
 * Acceleration", MLSys 2024, arXiv 2306.00978): channels with large inputs are scaled up before
 * they are rounded to nearest, and down again behind it, so that they lose less.
 *
 * <pre>
 *   s_j = x_j^alpha / sqrt(max_k x_k^alpha min_k x_k^alpha),   alpha = 0, .05 ... .95
 *   T   = Q(W diag(s)) diag(s)^-1,                             the alpha of the lowest f(T)
 * </pre>
 *
 * <p>and then the range of every group is clipped ({@link AwqClip}).
 *
 * <p>In the paper x_j is the mean of |x_j|; of the activations only C is at hand, and x_j is
 * sqrt(C_jj), their root mean square. As in the authors' code x_j^alpha is no less than 1e-4: here
 * of the largest, so that the unit of the activations does not matter. The authors search one s for
 * all layers that share an input, by the error of the attention or the MLP as a whole, and do not
 * clip q and k; here each layer is searched by its own error. They keep every clipped range; here
 * the layer stays as it was where clipping raises f. Their activations are divided by s when the
 * model runs; here T itself holds the division, so that the model stays the same in all else.
 */
public final class Awq implements Solver {
  private static final int STEPS = 20;
  private static final double SMALLEST = 1e-4;

  @Override
  public String name() {
    return "awq";
  }

  @Override
  public boolean supports(Constraint constraint) {
    return IntegerGrid.of(constraint).isPresent() && constraint.sparsity().isEmpty();
  }

  @Override
  public boolean usesChannelScales() {
    return true;
  }

  @Override
  public double expectedCost(LayerShape shape) {
    return STEPS + 4;
  }

  /** One exponent of the channel scales is best for all rows. */
  @Override
  public int rangeRows(LayerShape shape) {
    return shape.rows();
  }

  @Override
  public Solution solve(
      LayerProblem problem,
      Compute compute,
      SegmentAllocator allocator,
      IterationListener listener) {
    return new Run(problem, compute, allocator, listener).run();
  }

  private static final class Run {
    private final Matrix w;
    private final Matrix c;
    private final IntegerGrid grid;
    private final Compute compute;
    private final IterationListener listener;
    private final Matrix t;
    private final Matrix channelScales;
    private final GridParameters parameters;
    private final double dense;
    private final List<IterationRecord> trace = new ArrayList<>();
    private double best = Double.POSITIVE_INFINITY;

    private Run(
        LayerProblem problem,
        Compute compute,
        SegmentAllocator allocator,
        IterationListener listener) {
      this.w = problem.weights();
      this.c = problem.secondMoment();
      this.grid = IntegerGrid.of(problem.constraint()).orElseThrow();
      this.compute = compute;
      this.listener = listener;
      this.t = Matrix.allocate(allocator, w.rows(), w.columns());
      this.channelScales = Matrix.allocate(allocator, 1, w.columns());
      this.parameters =
          GridParameters.allocate(grid, w.rows(), w.columns(), allocator)
              .withChannelScales(channelScales);
      this.dense = Objective.dense(w, c, compute);
    }

    private Solution run() {
      double alpha = 0;
      for (int step = 0; step < STEPS; step++) {
        scaleAndRound(step / (double) STEPS);
        if (improves()) {
          alpha = step / (double) STEPS;
        }
      }
      setChannelScales(alpha);
      AwqClip clip = new AwqClip(grid, w, c, compute);
      clip.project(t, parameters);
      if (!improves()) {
        scaleAndRound(alpha);
      }
      // f(0), and one product for every f(T).
      double cost = 1 + trace.size() + clip.cost();
      return new Solution(
          t, parameters, trace, dense, best, STEPS, cost, StopReason.ITERATION_LIMIT, 0);
    }

    private void scaleAndRound(double alpha) {
      Interruption.check();
      setChannelScales(alpha);
      grid.project(w, t, parameters, compute);
    }

    private void setChannelScales(double alpha) {
      double largest = 0;
      for (int j = 0; j < c.rows(); j++) {
        largest = Math.max(largest, c.get(j, j));
      }
      double[] scales = new double[c.rows()];
      double smallest = 1;
      for (int j = 0; j < scales.length; j++) {
        double share = largest == 0 ? 1 : Math.sqrt(Math.max(0, c.get(j, j)) / largest);
        scales[j] = Math.max(SMALLEST, Math.pow(share, alpha));
        smallest = Math.min(smallest, scales[j]);
      }
      DType storage = grid.storage().values();
      for (int j = 0; j < scales.length; j++) {
        // The largest is 1.
        float scale = (float) (scales[j] / Math.sqrt(smallest));
        channelScales.set(0, j, Storage.round(storage, scale));
      }
    }

    /** Records the best f so far; the first, without scales, is that of rounding to nearest. */
    private boolean improves() {
      double objective = Objective.of(w, t, c, compute);
      // A quotient beyond the stored type is infinite: f is then infinite or not a number.
      boolean better = objective < best;
      best = better ? objective : best;
      IterationRecord record = new IterationRecord(trace.size(), best, Double.NaN, true);
      trace.add(record);
      listener.iteration(record, dense);
      return better;
    }
  }
}
