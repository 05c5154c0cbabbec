// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress;

import dev.awp.calibration.ActivationStore;
import dev.awp.calibration.CalibrationSet;
import dev.awp.compress.BlockMoments.Stream;
import dev.awp.constraint.Constraint;
import dev.awp.kernel.Compute;
import dev.awp.model.InputSite;
import dev.awp.model.LinearLayer;
import dev.awp.model.Stage;
import dev.awp.model.TransformerModel;
import dev.awp.recipe.LayerSettings;
import dev.awp.solver.Effort;
import dev.awp.solver.IterationListener;
import dev.awp.solver.LayerProblem;
import dev.awp.solver.SharedFactors;
import dev.awp.solver.Solution;
import dev.awp.solver.Solver;
import dev.awp.solver.Solvers;
import dev.awp.tensor.DType;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;

/**
 * What every candidate of every layer would cost in error, measured on the dense model's
 * activations: a solver that needs no more than one factor of C, on a seeded choice of rows. Rows
 * are independent problems, so that some of them stand for all.
 */
final class ErrorCurves {
  /** Rows of a layer that are solved: a small part of a large one. */
  private static final int ROWS = 128;

  private static final long SEED = 5;

  private final TransformerModel model;
  private final Map<LinearLayer, List<LayerSettings>> candidates;
  private final MemoryPlan memory;
  private final Compute compute;
  private final CompressionListener listener;
  private final Map<LinearLayer, List<Double>> curves = new LinkedHashMap<>();

  private ErrorCurves(
      TransformerModel model,
      Map<LinearLayer, List<LayerSettings>> candidates,
      MemoryPlan memory,
      Compute compute,
      CompressionListener listener) {
    this.model = model;
    this.candidates = candidates;
    this.memory = memory;
    this.compute = compute;
    this.listener = listener;
  }

  /**
   * Measures f / f(0) of the layers that have several candidates, in the candidates' order.
   *
   * @param scratch folder of a file of activations, without a name, while this runs
   */
  static Map<LinearLayer, List<Double>> measure(
      TransformerModel model,
      Map<LinearLayer, List<LayerSettings>> candidates,
      CalibrationSet calibration,
      MemoryPlan memory,
      Path scratch,
      Compute compute,
      CompressionListener listener) {
    ErrorCurves run = new ErrorCurves(model, candidates, memory, compute, listener);
    try (ActivationStore activations =
        ActivationStore.embed(model, calibration.windows(), scratch)) {
      for (int block = 0; block <= model.layout().config().layers(); block++) {
        run.measure(block, activations);
      }
    }
    return run.curves;
  }

  private void measure(int block, ActivationStore activations) {
    listener.step(
        "measuring error curves: block %d of %d"
            .formatted(
                Math.min(block + 1, model.layout().config().layers()),
                model.layout().config().layers()));
    List<LinearLayer> layers =
        candidates.keySet().stream()
            .filter(layer -> layer.block() == block && candidates.get(layer).size() > 1)
            .toList();
    Set<InputSite> starved = ExpertCoverage.starved(model, block, layers, activations, listener);
    List<Map<InputSite, List<LinearLayer>>> passes = memory.passes(layers);
    for (Map<InputSite, List<LinearLayer>> pass : passes) {
      List<LinearLayer> linears = pass.values().stream().flatMap(List::stream).toList();
      boolean lastPass = pass.equals(passes.getLast());
      try (BlockMoments moments = new BlockMoments(linears, false, starved, compute)) {
        try (Arena arena = Arena.ofShared()) {
          Stage stage = model.stage(block, arena);
          Stream states = new Stream(activations.states(), lastPass);
          moments.observe(stage, states, Optional.empty(), activations.length());
        }
        pass.forEach((site, ofSite) -> measure(site, ofSite, moments));
      }
    }
  }

  private void measure(InputSite site, List<LinearLayer> layers, BlockMoments moments) {
    try (Arena arena = Arena.ofShared();
        SharedFactors factors = SharedFactors.of(Long.MAX_VALUE)) {
      Matrix c = moments.finish(site, layers.getFirst().name(), arena);
      for (LinearLayer layer : layers) {
        try (Arena own = Arena.ofShared()) {
          Matrix w = model.weights(layer, own);
          Matrix rows = someRows(w, own);
          List<Double> curve = new ArrayList<>();
          for (LayerSettings settings : candidates.get(layer)) {
            curve.add(relative(rows, c, settings, factors));
          }
          curves.put(layer, curve);
        }
      }
    }
  }

  /** f / f(0) of some rows under a candidate. */
  private double relative(Matrix rows, Matrix c, LayerSettings settings, SharedFactors factors) {
    Constraint constraint = ConstraintOptions.of(settings).forStorage(DType.F32);
    Solver solver = Solvers.byName(solver(constraint), Effort.NORMAL).orElseThrow();
    try (Arena arena = Arena.ofShared()) {
      Solution solution =
          solver.solve(
              new LayerProblem(rows, c, constraint, factors),
              compute,
              arena,
              IterationListener.NONE);
      return solution.relativeError();
    }
  }

  private static String solver(Constraint constraint) {
    return constraint.sparsity().isPresent() ? "sparsegpt" : "cd";
  }

  /** A seeded choice of rows, in their order; all where there are few. */
  private static Matrix someRows(Matrix w, Arena arena) {
    if (w.rows() <= ROWS) {
      return w;
    }
    SplittableRandom random = new SplittableRandom(SEED);
    TreeSet<Integer> chosen = new TreeSet<>();
    while (chosen.size() < ROWS) {
      chosen.add(random.nextInt(w.rows()));
    }
    Matrix some = Matrix.allocate(arena, ROWS, w.columns());
    int next = 0;
    for (int row : chosen) {
      some.row(next++).copyFrom(w.row(row));
    }
    return some;
  }
}
