// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.estimate;

import dev.awp.blas.Blas.Op;
import dev.awp.calibration.CalibrationSet;
import dev.awp.compress.CompressionOptions;
import dev.awp.compress.ConstraintOptions;
import dev.awp.compress.Propagation;
import dev.awp.compress.Target;
import dev.awp.compress.measure.ErrorCurves;
import dev.awp.compress.measure.Influence;
import dev.awp.compress.plan.PackedSize;
import dev.awp.compress.plan.Schemes;
import dev.awp.compress.plan.TunedBlocks;
import dev.awp.compute.Compute;
import dev.awp.config.AttentionConfig;
import dev.awp.config.PerLayerConfig;
import dev.awp.format.ModelPlan;
import dev.awp.model.InputSite;
import dev.awp.model.LinearLayer;
import dev.awp.model.ModelLayout;
import dev.awp.model.Step;
import dev.awp.recipe.LayerSettings;
import dev.awp.solver.LayerShape;
import dev.awp.solver.Solver;
import dev.awp.tensor.DType;
import dev.awp.tensor.Matrix;
import dev.awp.tuning.BlockTuning;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/** Flops of a run by the shapes of its model, and the rate at which this machine makes them. */
public final class WorkEstimate {
  /** Order of the product whose rate is measured, and for how long. */
  private static final int ORDER = 768;

  private static final long NANOS = 300_000_000;

  private static final Map<Multiplier, Double> MEASURED = new ConcurrentHashMap<>();

  /** What a rate is one of. */
  private record Multiplier(String blas, int threads) {}

  private WorkEstimate() {}

  /** Flops of a layer's solve. */
  static double solve(LinearLayer layer, Schemes.Scheme scheme, Compute compute) {
    return solve(layer, scheme.constraint(), scheme.solver(), compute);
  }

  private static double solve(
      LinearLayer layer, ConstraintOptions constraint, Solver solver, Compute compute) {
    LayerShape shape =
        new LayerShape(
            layer.rows(), layer.columns(), constraint.forStorage(DType.F32), compute.workers());
    return 2.0 * layer.multiplyAdds() * solver.expectedCost(shape);
  }

  /**
   * Flops of measuring what errors do before a budget is shared ({@link ErrorCurves}): every
   * candidate on some rows, one on all of them, and a model for each layer that goes behind it to
   * the end ({@link Influence}).
   *
   * @param candidates of every layer that is compressed
   */
  public static double measure(
      ModelLayout layout,
      Map<LinearLayer, List<LayerSettings>> candidates,
      CalibrationSet calibration,
      Compute compute) {
    List<LinearLayer> open =
        candidates.keySet().stream().filter(layer -> candidates.get(layer).size() > 1).toList();
    double solving =
        open.stream().mapToDouble(layer -> curve(layer, candidates.get(layer), compute)).sum();
    double tokens = calibration.tokens();
    return solving
        + forward(layout, tokens, calibration.length())
        + triangles(open, tokens)
        + probe(layout, open.stream().filter(l -> !l.site().ofExpert()).toList(), calibration);
  }

  private static double curve(LinearLayer layer, List<LayerSettings> all, Compute compute) {
    double some = Math.min(1.0, ErrorCurves.ROWS / (double) layer.rows());
    return solve(layer, ErrorCurves.middle(all), compute)
        + some * all.stream().mapToDouble(settings -> solve(layer, settings, compute)).sum();
  }

  private static double solve(LinearLayer layer, LayerSettings settings, Compute compute) {
    return solve(layer, ConstraintOptions.of(settings), ErrorCurves.solver(settings), compute);
  }

  /** Flops of what some layers do to the predictions ({@link Influence}). */
  public static double probe(
      ModelLayout layout, List<LinearLayer> layers, CalibrationSet calibration) {
    double tokens = (double) calibration.first(Influence.TOKENS).size() * calibration.length();
    int blocks = layout.config().layers();
    double behind =
        1
            + layers.stream()
                .mapToDouble(layer -> isBegin(layout, layer) ? blocks : blocks - layer.block())
                .map(left -> left / blocks)
                .sum();
    return behind * forward(layout, tokens, calibration.length())
        + 2 * layers.size() * head(layout, Math.min(tokens, Influence.POSITIONS));
  }

  /** Whether a layer is the embedding, so that a model with another one runs from its begin. */
  private static boolean isBegin(ModelLayout layout, LinearLayer layer) {
    return layer.weight().equals(layout.embedding());
  }

  /** Flops of the sums of x x^T, a triangle once for each site. */
  public static double triangles(List<LinearLayer> layers, double tokens) {
    return layers.stream()
            .filter(layer -> layer.block() != ModelLayout.BEFORE)
            .collect(
                Collectors.toMap(
                    layer -> Map.entry(layer.block(), layer.site()),
                    layer -> (double) layer.columns() * layer.columns(),
                    (first, _) -> first))
            .values()
            .stream()
            .mapToDouble(square -> square)
            .sum()
        * tokens;
  }

  /** Flops of turning hidden states into logits. */
  public static double head(ModelLayout layout, double tokens) {
    return 2.0 * tokens * layout.config().hiddenSize() * layout.config().vocabularySize();
  }

  /**
   * Flops of calibrating and of moving the activations on; none with saved moments.
   *
   * @param passes over each block, each as far as its sites
   */
  static double calibrate(
      CompressionOptions options,
      ModelLayout layout,
      Schemes plan,
      CalibrationSet calibration,
      List<Set<InputSite>> passes) {
    if (options.calibration().statistics().isPresent()) {
      return 0;
    }
    double tokens = calibration.tokens();
    boolean drifted = options.target() == Target.PROPAGATED;
    boolean corrected = options.propagation() == Propagation.COMPRESSED;
    double share = drifted ? options.targetShare() : 0;
    double original = drifted ? share : corrected ? 0 : 1;
    double streams = (corrected ? 1 : 0) + original;
    double passing = streams * forward(layout, tokens, calibration.length());
    // The last pass of a step takes what goes through the original one to its end.
    for (Step step : layout.steps()) {
      long deep = passes.stream().filter(pass -> isDeep(pass, step)).count();
      passing += (streams * deep - original) * openings(layout, step, tokens);
    }
    // The triangle of x x^T once for each site, and the whole of the drift's D and R.
    double moments =
        triangles(plan.layers(), tokens) * (1 + 2 * share)
            + plan.layers().stream()
                .filter(layer -> layer.block() != ModelLayout.BEFORE && layout.isAdded(layer))
                .mapToDouble(layer -> 2 * share * tokens * PackedSize.weights(layer))
                .sum();
    return passing + moments;
  }

  /** Flops of tuning blocks: forward and backward through weights, and looks at the windows. */
  static double tune(CompressionOptions options, ModelPlan plan, CalibrationSet calibration) {
    if (options.tuning() == 0 || calibration.windows().isEmpty()) {
      return 0;
    }
    int windows = calibration.windows().size();
    double tokens = BlockTuning.tokens(options.tuning(), windows, calibration.length());
    return new TunedBlocks(plan)
        .tuned()
        .mapToDouble(
            block ->
                tokens
                    * 2
                    * plan.layout().linears(block).stream().mapToLong(PackedSize::weights).sum())
        .sum();
  }

  /** Whether a pass reaches the last layers of a step. */
  private static boolean isDeep(Set<InputSite> pass, Step step) {
    return pass.stream().anyMatch(site -> site.step().equals(step) && site.next().isEmpty());
  }

  /** Flops of a step's first layers in all blocks. */
  private static double openings(ModelLayout layout, Step step, double tokens) {
    return 2
        * tokens
        * layout.linears().stream()
            .filter(linear -> linear.step().equals(step))
            .filter(linear -> linear.site().next().isPresent())
            .mapToLong(PackedSize::weights)
            .sum();
  }

  /** Flops of evaluating texts before and after. */
  static double evaluate(ModelLayout layout, double tokens, int length) {
    return 2 * (forward(layout, tokens, length) + head(layout, tokens));
  }

  /**
   * Flops of all blocks: linear layers, what makes vectors of tokens, attention over the half of a
   * window on average, and states of recurrences, whose every number is multiplied and added to
   * three times a token.
   */
  public static double forward(ModelLayout layout, double tokens, int length) {
    double weights = layout.linears().stream().mapToLong(PackedSize::weights).sum();
    double vectors =
        layout.config().perLayer().map(PerLayerConfig::width).orElse(0)
            * (double) layout.config().layers()
            * layout.config().hiddenSize();
    double attention =
        2.0
            * length
            * layout.config().blocks().stream()
                .flatMap(block -> block.ownAttention().stream())
                .mapToLong(AttentionConfig::queryWidth)
                .sum();
    double states =
        5.0
            * layout.config().blocks().stream()
                .flatMap(block -> block.recurrence().stream())
                .mapToLong(own -> (long) own.width() * own.keyDimension())
                .sum();
    return tokens * (2 * (weights + vectors) + attention + states);
  }

  /** Flops a second of a square product on all threads; measured once in a process. */
  static double flopsPerSecond(Compute compute) {
    Multiplier multiplier = new Multiplier(compute.blas().name(), compute.workers().threads());
    return MEASURED.computeIfAbsent(multiplier, _ -> measured(compute));
  }

  private static double measured(Compute compute) {
    try (Arena arena = Arena.ofShared()) {
      Matrix a = Matrix.allocate(arena, ORDER, ORDER);
      Matrix b = Matrix.allocate(arena, ORDER, ORDER);
      Matrix product = Matrix.allocate(arena, ORDER, ORDER);
      compute.parallelBlas().gemm(Op.NONE, Op.NONE, 1, a, b, 0, product);
      long start = System.nanoTime();
      int count = 0;
      while (count == 0 || System.nanoTime() - start < NANOS) {
        compute.parallelBlas().gemm(Op.NONE, Op.NONE, 1, a, b, 0, product);
        count++;
      }
      return count * 2.0 * ORDER * ORDER * ORDER / ((System.nanoTime() - start) / 1e9);
    }
  }
}
