// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.bench;

import dev.awp.bench.rivals.Rivals;
import dev.awp.blas.Precision;
import dev.awp.blas.mixed.MixedPrecision;
import dev.awp.calibration.SecondMoment;
import dev.awp.checkpoint.Checkpoint;
import dev.awp.checkpoint.registry.Checkpoints;
import dev.awp.compute.Compute;
import dev.awp.constraint.RowSparsity;
import dev.awp.format.registry.CheckpointWeights;
import dev.awp.model.InputSite;
import dev.awp.model.LinearLayer;
import dev.awp.model.ModelLayout;
import dev.awp.model.Step;
import dev.awp.model.forward.TransformerModel;
import dev.awp.model.sublayer.LinearInputs;
import dev.awp.solver.IterationListener;
import dev.awp.solver.LayerProblem;
import dev.awp.solver.Objective;
import dev.awp.solver.SharedFactors;
import dev.awp.solver.Solver;
import dev.awp.solver.precision.PrecisionCheck;
import dev.awp.solver.splitting.OperatorSplitting;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * What products in bfloat16 gain on this machine: the forward pass of a model's first block, and
 * two of its layers pruned by half, in float32 and as {@code --precision auto} does it, in turns.
 * scripts/bench-precision runs it on a block of LLaMA-2-7B's shape.
 */
public final class Precisions {
  private static final RowSparsity HALF = new RowSparsity(0.5);
  private static final int ROUNDS = 2;
  private static final int PGD_ITERATIONS = 40;

  /** Layers that have inputs of their own and as many columns as rows. */
  private static final List<String> LAYERS = List.of("q_proj", "o_proj");

  private final TransformerModel model;
  private final ModelLayout layout;
  private final int[] tokens;
  private final int length;
  private final List<List<String>> rows = new ArrayList<>();

  private Precisions(ModelLayout layout, TransformerModel model, int[] tokens, int length) {
    this.layout = layout;
    this.model = model;
    this.tokens = tokens;
    this.length = length;
  }

  /** {@code MODEL SEQUENCES LENGTH THREADS...}. */
  public static void main(String[] args) {
    int sequences = Integer.parseInt(args[1]);
    int length = Integer.parseInt(args[2]);
    List<Integer> threads = Arrays.stream(args).skip(3).map(Integer::valueOf).toList();
    System.out.print(table(Path.of(args[0]), sequences * length, length, threads));
  }

  /** One line for each kind of work and number of threads. */
  static String table(Path folder, int tokens, int length, List<Integer> threads) {
    try (Checkpoint checkpoint = Checkpoints.open(folder);
        Compute compute = Compute.create(threads.getFirst(), MixedPrecision.Mode.AUTO);
        Arena arena = Arena.ofShared()) {
      ModelLayout layout = ModelLayout.of(checkpoint.config());
      TransformerModel model =
          new TransformerModel(
              layout, CheckpointWeights.of(checkpoint, layout, compute.kernels()), compute);
      int[] words = words(tokens, layout.config().vocabularySize());
      Precisions precisions = new Precisions(layout, model, words, length);
      Map<InputSite, Matrix> moments = precisions.moments(compute, arena);
      for (int count : threads) {
        try (Compute on = Compute.create(count, MixedPrecision.Mode.AUTO)) {
          precisions.forward(on);
          precisions.prune(on, moments);
        }
      }
      return Markdown.table(
          List.of("", "threads", "float32, s", "auto, s", "", "faster by", "f, of float32's"),
          precisions.rows);
    }
  }

  private static int[] words(int count, int vocabulary) {
    SplittableRandom random = new SplittableRandom(1);
    return random.doubles(count).mapToInt(x -> LlamaBlock.word(x, vocabulary)).toArray();
  }

  private Map<InputSite, Matrix> moments(Compute compute, Arena arena) {
    Map<InputSite, SecondMoment> sums = new TreeMap<>();
    forward(
        compute,
        (site, inputs) ->
            sums.computeIfAbsent(site, _ -> new SecondMoment(inputs.columns(), compute))
                .add(inputs));
    Map<InputSite, Matrix> moments = new TreeMap<>();
    sums.forEach(
        (site, sum) -> {
          moments.put(site, sum.finish(site.toString(), arena));
          sum.close();
        });
    return moments;
  }

  /** Decoding the weights and making them ready is part of it, embedding the tokens is not. */
  private double forward(Compute compute, LinearInputs inputs) {
    try (Arena arena = Arena.ofShared()) {
      Matrix x = Matrix.allocate(arena, tokens.length, layout.config().hiddenSize());
      model.embed(tokens, x);
      long start = System.nanoTime();
      for (Step step : layout.steps(0)) {
        try (Arena weights = Arena.ofShared()) {
          model.on(compute).step(0, step, weights).forward(x, length, inputs);
        }
      }
      return (System.nanoTime() - start) / 1e9;
    }
  }

  /** The better time of several runs, and what the last of them came to. */
  private record Best(double seconds, double objective, Precision precision) {
    static final Best NONE = new Best(Double.POSITIVE_INFINITY, 0, Precision.F32);

    Best or(Best next) {
      return new Best(Math.min(seconds, next.seconds), next.objective, next.precision);
    }
  }

  private void forward(Compute compute) {
    Compute f32 = compute.with(compute.blas());
    Compute lower =
        compute.lower().candidates().stream().map(compute::with).findFirst().orElse(f32);
    inTurns(
        "forward pass",
        f32,
        lower,
        on -> new Best(forward(on, LinearInputs.IGNORED), 0, on.blas().precision()));
  }

  private void prune(Compute compute, Map<InputSite, Matrix> moments) {
    for (LinearLayer linear : layout.linears(0)) {
      String name = linear.name().substring(linear.name().lastIndexOf('.') + 1);
      if (LAYERS.contains(name)) {
        try (Arena arena = Arena.ofShared();
            SharedFactors factors = SharedFactors.of(Long.MAX_VALUE)) {
          Matrix w = model.weights(linear, arena);
          Matrix c = moments.get(linear.site());
          LayerProblem alone = new LayerProblem(w, c, HALF);
          prune(name + ", pgd", Rivals.pgd(PGD_ITERATIONS), alone, compute);
          prune(name + ", admm", new OperatorSplitting(), alone, compute);
          LayerProblem second = new LayerProblem(w, c, HALF, factors);
          prune(name + ", admm, inverses at hand", new OperatorSplitting(), second, compute);
        }
      }
    }
  }

  private void prune(String what, Solver solver, LayerProblem problem, Compute compute) {
    Compute f32 = compute.with(compute.blas());
    inTurns(
        what,
        f32,
        compute,
        on -> {
          long start = System.nanoTime();
          try (PrecisionCheck.Solved solved =
              new PrecisionCheck().solve(problem, solver, on, IterationListener.NONE)) {
            double seconds = (System.nanoTime() - start) / 1e9;
            Matrix t = solved.solution().weights();
            double f = Objective.of(problem.weights(), t, problem.secondMoment(), f32);
            return new Best(seconds, f, solved.precision());
          }
        });
  }

  private void inTurns(String what, Compute f32, Compute lower, Function<Compute, Best> work) {
    Best slow = Best.NONE;
    Best fast = Best.NONE;
    for (int round = 0; round < ROUNDS; round++) {
      slow = slow.or(work.apply(f32));
      fast = fast.or(work.apply(lower));
    }
    boolean solved = slow.objective > 0;
    List<String> line =
        List.of(
            what,
            String.valueOf(f32.workers().threads()),
            Markdown.number(slow.seconds),
            Markdown.number(fast.seconds),
            fast.precision.label(),
            Markdown.number(slow.seconds / fast.seconds),
            solved ? String.format(Locale.ROOT, "%.4f", fast.objective / slow.objective) : "");
    System.err.println(String.join("  ", line));
    rows.add(line);
  }
}
