// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.bench.rivals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.awp.blas.Blas.Op;
import dev.awp.blas.Precision;
import dev.awp.blas.mixed.MixedPrecision;
import dev.awp.compute.Compute;
import dev.awp.constraint.RowSparsity;
import dev.awp.solver.IterationListener;
import dev.awp.solver.LayerProblem;
import dev.awp.solver.Solution;
import dev.awp.solver.Solver;
import dev.awp.solver.pgd.PgdOptions;
import dev.awp.solver.pgd.ProjectedGradient;
import dev.awp.solver.precision.PrecisionCheck;
import dev.awp.solver.splitting.OperatorSplitting;
import dev.awp.solver.splitting.SplittingOptions;
import dev.awp.tensor.Matrix;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;

/**
 * Sets awp beside programs in numpy and PyTorch that run the same iterations of projected gradient
 * descent on the same layer: seconds of an iteration, and seconds to the objective that the other
 * program has reached at the end. scripts/bench-rivals calls it: to write the layer, and with what
 * the others have printed.
 */
public final class Rivals {
  private static final RowSparsity HALF = new RowSparsity(0.5);

  private Rivals() {}

  /**
   * {@code write FOLDER D_OUT D_IN}, or {@code compare FOLDER D_OUT D_IN ITERATIONS THREADS
   * RESULT.json...}.
   */
  public static void main(String[] args) throws IOException {
    Path folder = Path.of(args[1]);
    int rows = Integer.parseInt(args[2]);
    int columns = Integer.parseInt(args[3]);
    if (args[0].equals("write")) {
      write(folder, rows, columns);
      return;
    }
    List<JsonNode> others = new ArrayList<>();
    for (String file : List.of(args).subList(6, args.length)) {
      others.add(new ObjectMapper().readTree(Path.of(file).toFile()));
    }
    int iterations = Integer.parseInt(args[4]);
    int threads = Integer.parseInt(args[5]);
    System.out.print(compare(folder, rows, columns, iterations, threads, others));
  }

  /** W is Gaussian; the inputs have a spectrum that falls by a power law, as real ones do. */
  private static void write(Path folder, int rows, int columns) throws IOException {
    try (Arena arena = Arena.ofShared();
        Compute compute = Compute.create(Runtime.getRuntime().availableProcessors())) {
      Matrix w = gaussian(rows, columns, 1, arena);
      Matrix mix = gaussian(columns, columns, 2, arena);
      for (int r = 0; r < columns; r++) {
        float scale = (float) (Math.pow(r + 1, -0.5) / Math.sqrt(columns));
        compute.kernels().arithmetic().scale(mix.row(r), scale, mix.row(r));
      }
      Matrix c = Matrix.allocate(arena, columns, columns);
      compute.parallelBlas().gemm(Op.TRANSPOSE, Op.NONE, 1, mix, mix, 0, c);
      write(folder.resolve("W.bin"), w);
      write(folder.resolve("C.bin"), c);
    }
  }

  private static Matrix gaussian(int rows, int columns, long seed, Arena arena) {
    SplittableRandom random = new SplittableRandom(seed);
    Matrix matrix = Matrix.allocate(arena, rows, columns);
    for (int r = 0; r < rows; r++) {
      for (int j = 0; j < columns; j++) {
        matrix.set(r, j, (float) random.nextGaussian());
      }
    }
    return matrix;
  }

  private static void write(Path file, Matrix matrix) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      for (int r = 0; r < matrix.rows(); r++) {
        channel.write(matrix.row(r).asByteBuffer());
      }
    }
  }

  private static Matrix read(Path file, int rows, int columns, Arena arena) throws IOException {
    Matrix matrix = Matrix.allocate(arena, rows, columns);
    matrix.segment().copyFrom(MemorySegment.ofArray(Files.readAllBytes(file)));
    return matrix;
  }

  private record Timed(Solution solution, double seconds) {}

  /** Mean seconds of an iteration, the objective at the end, and the products' precision. */
  private record Iterations(double seconds, double objective, Precision precision) {}

  /** After a short run to warm up; in lower precision where the compute has it and it serves. */
  private static Iterations iterations(int count, LayerProblem problem, Compute compute) {
    run(2, problem, compute);
    return run(count, problem, compute);
  }

  private static Iterations run(int count, LayerProblem problem, Compute compute) {
    List<Long> marks = new ArrayList<>();
    try (PrecisionCheck.Solved solved =
        new PrecisionCheck()
            .solve(problem, pgd(count), compute, (record, dense) -> marks.add(System.nanoTime()))) {
      double seconds = (marks.getLast() - marks.getFirst()) / 1e9 / (marks.size() - 1);
      return new Iterations(seconds, solved.solution().objective(), solved.precision());
    }
  }

  private static Timed solve(Solver solver, LayerProblem problem, Compute compute, Arena arena) {
    long start = System.nanoTime();
    Solution solution = solver.solve(problem, compute, arena, IterationListener.NONE);
    return new Timed(solution, (System.nanoTime() - start) / 1e9);
  }

  /** The paper's pruning with so many iterations, none of which is left out. */
  public static Solver pgd(int iterations) {
    return new ProjectedGradient(
        constraint -> PgdOptions.of(PgdOptions.Start.WANDA, 2, iterations));
  }

  private static String compare(
      Path folder, int rows, int columns, int iterations, int threads, List<JsonNode> others)
      throws IOException {
    try (Arena arena = Arena.ofShared();
        Compute compute = Compute.create(threads, MixedPrecision.Mode.AUTO)) {
      LayerProblem problem =
          new LayerProblem(
              read(folder.resolve("W.bin"), rows, columns, arena),
              read(folder.resolve("C.bin"), columns, columns, arena),
              HALF);
      StringBuilder table = new StringBuilder();
      table.append(
          "%s x %s, 50 %% sparse, %s iterations, %s threads, %s, %s%n"
              .formatted(
                  rows,
                  columns,
                  iterations,
                  threads,
                  compute.kernels().name(),
                  compute.blas().name()));
      // As --precision f32 and auto do: the same where no lower precision is there or serves.
      Iterations f32 = iterations(iterations, problem, compute.with(compute.blas()));
      Iterations auto = iterations(iterations, problem, compute);
      String lower = auto.precision().label();
      line(
          table,
          "program",
          "s/iteration",
          "objective",
          "awp pgd in f32 is faster by",
          "in " + lower,
          "awp admm to that objective");
      line(table, "awp pgd, f32", number(f32.seconds()), number(f32.objective()), "1", "", "");
      line(
          table,
          "awp pgd, auto: " + lower,
          number(auto.seconds()),
          number(auto.objective()),
          number(auto.seconds() / f32.seconds()),
          "1",
          "");
      for (JsonNode other : others) {
        double last = other.get("objectives").get(iterations).asDouble();
        double each = other.get("seconds").asDouble();
        double reached = secondsTo(last, problem, compute, arena);
        line(
            table,
            other.get("name").asText(),
            number(each),
            number(last),
            number(each / f32.seconds()),
            number(each / auto.seconds()),
            number(each * iterations / reached));
      }
      Timed best = solve(new OperatorSplitting(), problem, compute, arena);
      table.append(
          "awp admm, the default: objective %s in %s s%n"
              .formatted(number(best.solution().objective()), number(best.seconds())));
      return table.toString();
    }
  }

  /**
   * Seconds of the cheapest run of operator splitting, of growing budgets, that reaches an
   * objective.
   */
  private static double secondsTo(
      double objective, LayerProblem problem, Compute compute, Arena arena) {
    for (int budget = 1; budget <= 24; budget++) {
      int iterations = budget;
      SplittingOptions options =
          new SplittingOptions(1, 1, 1, iterations, Math.min(10, iterations));
      Timed run = solve(new OperatorSplitting((_, _) -> options), problem, compute, arena);
      if (run.solution().objective() <= objective) {
        return run.seconds();
      }
    }
    return Double.NaN;
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.4g", value);
  }

  private static void line(StringBuilder table, String... cells) {
    table.append("| ").append(String.join(" | ", cells)).append(" |").append('\n');
  }
}
