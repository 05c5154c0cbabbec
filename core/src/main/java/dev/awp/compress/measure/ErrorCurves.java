// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.measure;

import dev.awp.Progress;
import dev.awp.calibration.ActivationStore;
import dev.awp.calibration.CalibrationSet;
import dev.awp.calibration.ExpertCoverage;
import dev.awp.calibration.StepMoments;
import dev.awp.calibration.StepMoments.Stream;
import dev.awp.compress.ConstraintOptions;
import dev.awp.compress.memory.MemoryPlan;
import dev.awp.compute.Compute;
import dev.awp.constraint.Constraint;
import dev.awp.model.InputSite;
import dev.awp.model.LinearLayer;
import dev.awp.model.ModelLayout;
import dev.awp.model.Step;
import dev.awp.model.forward.TransformerModel;
import dev.awp.recipe.LayerSettings;
import dev.awp.solver.Effort;
import dev.awp.solver.IterationListener;
import dev.awp.solver.LayerProblem;
import dev.awp.solver.SharedFactors;
import dev.awp.solver.Solution;
import dev.awp.solver.Solver;
import dev.awp.solver.registry.Solvers;
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
import java.util.function.Predicate;

/**
 * What every candidate of every layer would cost the model, in nats a token: the candidate's error,
 * times what a unit of error does there ({@link Influence}).
 *
 * <p>Errors, f / f(0), are measured on the dense model's activations: a solver that needs no more
 * than one factor of C, on a seeded choice of rows. Rows are independent problems, so that some of
 * them stand for all. The unit is that of one candidate in the middle, solved for all rows.
 */
public final class ErrorCurves {
  /** Rows of a layer that are solved: a small part of a large one. */
  public static final int ROWS = 128;

  private static final long SEED = 5;

  private final TransformerModel model;
  private final Map<LinearLayer, List<LayerSettings>> candidates;
  private final MemoryPlan memory;
  private final Compute compute;
  private final Progress progress;
  private final Influence influence;

  /** f / f(0) of the layers that went through the model, as they did. */
  private final Map<LinearLayer, Double> probed = new LinkedHashMap<>();

  private final Map<LinearLayer, List<Double>> curves = new LinkedHashMap<>();

  private ErrorCurves(
      TransformerModel model,
      Map<LinearLayer, List<LayerSettings>> candidates,
      MemoryPlan memory,
      Influence influence,
      Compute compute,
      Progress progress) {
    this.model = model;
    this.candidates = candidates;
    this.memory = memory;
    this.influence = influence;
    this.compute = compute;
    this.progress = progress;
  }

  /**
   * Measures the layers that have several candidates, in the candidates' order.
   *
   * @param scratch folder of files of activations, without names, while this runs
   */
  public static Map<LinearLayer, List<Double>> measure(
      TransformerModel model,
      Map<LinearLayer, List<LayerSettings>> candidates,
      CalibrationSet calibration,
      MemoryPlan memory,
      Path scratch,
      Compute compute,
      Progress progress) {
    try (ActivationStore activations =
            ActivationStore.embed(model, calibration.windows(), scratch);
        Influence influence = Influence.of(model, calibration, scratch)) {
      ErrorCurves run = new ErrorCurves(model, candidates, memory, influence, compute, progress);
      run.measureEmbedding();
      int blocks = model.layout().config().layers();
      for (int block = 0; block <= blocks; block++) {
        run.measure(block, activations);
        if (block < blocks) {
          influence.advance(block);
        }
      }
      progress.step("measuring what the errors do");
      return run.inNats(influence.divergences());
    }
  }

  /**
   * Curves in nats. Layers that did not go through the model, experts, count as the median of the
   * others; all alike where there are no others.
   */
  private Map<LinearLayer, List<Double>> inNats(Map<LinearLayer, Double> divergences) {
    Map<LinearLayer, Double> units = new LinkedHashMap<>();
    probed.forEach(
        (layer, error) -> {
          if (error > 0 && Double.isFinite(divergences.get(layer) / error)) {
            units.put(layer, divergences.get(layer) / error);
          }
        });
    double[] sorted = units.values().stream().mapToDouble(Double::doubleValue).sorted().toArray();
    double median = sorted.length == 0 ? 1 : sorted[sorted.length / 2];
    Map<LinearLayer, List<Double>> inNats = new LinkedHashMap<>();
    curves.forEach(
        (layer, curve) -> {
          double unit = units.getOrDefault(layer, median);
          inNats.put(layer, curve.stream().map(error -> error * unit).toList());
        });
    return inNats;
  }

  /** A token takes its row as it is, so C is the unit matrix. */
  private void measureEmbedding() {
    for (LinearLayer layer : layers(_ -> true, ModelLayout.BEFORE)) {
      try (Arena arena = Arena.ofShared();
          SharedFactors factors = SharedFactors.of(Long.MAX_VALUE)) {
        measure(layer, Matrix.identity(arena, layer.columns()), factors, true);
      }
    }
  }

  /** Layers of a place that have several candidates. */
  private List<LinearLayer> layers(Predicate<LinearLayer> wanted, int block) {
    return candidates.keySet().stream()
        .filter(layer -> layer.block() == block && wanted.test(layer))
        .filter(layer -> candidates.get(layer).size() > 1)
        .toList();
  }

  private void measure(int block, ActivationStore activations) {
    progress.step(
        "measuring error curves: block %s of %s"
            .formatted(
                Math.min(block + 1, model.layout().config().layers()),
                model.layout().config().layers()));
    for (Step step : model.layout().steps(block)) {
      measure(block, step, activations);
    }
  }

  private void measure(int block, Step step, ActivationStore activations) {
    List<LinearLayer> layers = layers(layer -> layer.step().equals(step), block);
    Set<InputSite> starved = ExpertCoverage.starved(model, block, layers, activations, progress);
    List<Map<InputSite, List<LinearLayer>>> passes = memory.passes(layers);
    for (int i = 0; i < passes.size(); i++) {
      Map<InputSite, List<LinearLayer>> pass = passes.get(i);
      boolean lastPass = i == passes.size() - 1;
      List<LinearLayer> linears = pass.values().stream().flatMap(List::stream).toList();
      try (StepMoments moments =
          new StepMoments(model.layout(), linears, false, starved, compute)) {
        try (Arena arena = Arena.ofShared()) {
          Stream states = stream(block, step, activations, lastPass, arena);
          moments.observe(states, Optional.empty(), activations.weights(), activations.length());
        }
        pass.forEach((site, ofSite) -> measure(site, ofSite, moments));
      }
    }
    if (passes.isEmpty()) {
      try (Arena arena = Arena.ofShared()) {
        stream(block, step, activations, true, arena).pass(activations.length());
      }
    }
  }

  private Stream stream(
      int block, Step step, ActivationStore activations, boolean advance, Arena arena) {
    return new Stream(model.step(block, step, arena), activations.states(), advance);
  }

  private void measure(InputSite site, List<LinearLayer> layers, StepMoments moments) {
    try (Arena arena = Arena.ofShared();
        SharedFactors factors = SharedFactors.of(Long.MAX_VALUE)) {
      Matrix c = moments.finish(site, layers.getFirst().name(), arena);
      for (LinearLayer layer : layers) {
        measure(layer, c, factors, !site.ofExpert());
      }
    }
  }

  /**
   * Measures a layer.
   *
   * @param probes whether it goes through the model by itself
   */
  private void measure(LinearLayer layer, Matrix c, SharedFactors factors, boolean probes) {
    try (Arena own = Arena.ofShared()) {
      Matrix w = model.weights(layer, own);
      Matrix rows = someRows(w, own);
      List<Double> curve = new ArrayList<>();
      for (LayerSettings settings : candidates.get(layer)) {
        try (Arena one = Arena.ofShared()) {
          curve.add(solve(rows, c, settings, factors, one).relativeError());
        }
      }
      curves.put(layer, curve);
      if (probes) {
        Solution middle = solve(w, c, middle(candidates.get(layer)), factors, own);
        probed.put(layer, middle.relativeError());
        influence.probe(layer, middle.weights());
      }
    }
  }

  /** Some rows under a candidate. */
  private Solution solve(
      Matrix rows, Matrix c, LayerSettings settings, SharedFactors factors, Arena arena) {
    Constraint constraint = ConstraintOptions.of(settings).forStorage(DType.F32);
    LayerProblem problem = new LayerProblem(rows, c, constraint, factors);
    return solver(settings).solve(problem, compute, arena, IterationListener.NONE);
  }

  /** Of several candidates the one that is solved for all rows, whose error is the unit. */
  public static LayerSettings middle(List<LayerSettings> candidates) {
    return candidates.get((candidates.size() - 1) / 2);
  }

  /**
   * What a candidate's error is measured by. Of many types of blocks a single sweep tells as much:
   * descents lower all errors alike.
   */
  public static Solver solver(LayerSettings settings) {
    String name =
        settings.sparsity().given().isPresent()
            ? "sparsegpt"
            : settings.blocks().isPresent() ? "gptq" : "cd";
    return Solvers.byName(name, Effort.NORMAL).orElseThrow();
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
