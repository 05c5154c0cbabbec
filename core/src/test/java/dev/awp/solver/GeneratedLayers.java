// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver;

import dev.awp.blas.Blas.Op;
import dev.awp.compute.Compute;
import dev.awp.constraint.Constraint;
import dev.awp.constraint.NmSparsity;
import dev.awp.constraint.RowSparsity;
import dev.awp.constraint.SparseGrid;
import dev.awp.constraint.affine.IntegerGrid;
import dev.awp.fixture.RandomMatrices;
import dev.awp.fixture.RandomMatrices.Kind;
import dev.awp.solver.registry.Solvers;
import dev.awp.tensor.DType;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;

/**
 * Every solver on generated layers whose inputs have power-law spectra and outlier channels, as a
 * markdown table: {@code scripts/compare-generated}. Real layers are compared by {@code awp
 * compare}.
 */
final class GeneratedLayers {
  private static final int SIZE = 512;
  private static final int TOKENS = 4 * SIZE;

  /** Eigenvalue k of the inputs' covariance falls as k^-exponent. */
  private static final double[] EXPONENTS = {0.5, 1, 1.5};

  private GeneratedLayers() {}

  /** Prints the table. */
  public static void main(String[] arguments) {
    List<Constraint> constraints = new ArrayList<>();
    for (double ratio : new double[] {0.5, 0.6, 0.7, 0.8, 0.9}) {
      constraints.add(new RowSparsity(ratio));
    }
    constraints.add(new NmSparsity(2, 4));
    for (int group : new int[] {128, 32}) {
      for (int bits = 4; bits >= 2; bits--) {
        constraints.add(new IntegerGrid(bits, group, false, DType.BF16));
      }
    }
    constraints.add(
        new SparseGrid(new RowSparsity(0.5), new IntegerGrid(4, 128, false, DType.BF16)));
    System.out.println("| constraint | method | k^-0.5 | k^-1 | k^-1.5 | mean | cost |");
    System.out.println("|---|---|---|---|---|---|---|");
    try (Compute compute = Compute.create(Runtime.getRuntime().availableProcessors());
        Arena arena = Arena.ofShared()) {
      List<LayerProblem> layers = new ArrayList<>();
      for (double exponent : EXPONENTS) {
        layers.add(layer(exponent, compute, arena));
      }
      for (Constraint constraint : constraints) {
        for (Solver solver : Solvers.all(Effort.NORMAL)) {
          if (solver.supports(constraint)) {
            print(solver, constraint, layers, compute);
          }
        }
      }
    }
  }

  private static void print(
      Solver solver, Constraint constraint, List<LayerProblem> layers, Compute compute) {
    StringBuilder line =
        new StringBuilder("| %s | %s |".formatted(constraint.describe(), solver.name()));
    double sum = 0;
    double cost = 0;
    for (LayerProblem layer : layers) {
      try (Arena arena = Arena.ofShared()) {
        LayerProblem problem = new LayerProblem(layer.weights(), layer.secondMoment(), constraint);
        Solution solution = solver.solve(problem, compute, arena, IterationListener.NONE);
        line.append(String.format(Locale.ROOT, " %.5f |", solution.relativeError()));
        sum += solution.relativeError() / layers.size();
        cost += solution.gemmEquivalents() / layers.size();
      }
    }
    System.out.println(line + String.format(Locale.ROOT, " %.5f | %.1f |", sum, cost));
  }

  /** W gaussian; inputs with a rotated power-law covariance, one channel in 64 ten times larger. */
  private static LayerProblem layer(double exponent, Compute compute, Arena arena) {
    SplittableRandom random = new SplittableRandom(7);
    Matrix latent = RandomMatrices.of(Kind.GAUSSIAN, TOKENS, SIZE, 11, arena);
    Matrix mix = RandomMatrices.of(Kind.GAUSSIAN, SIZE, SIZE, 12, arena);
    for (int k = 0; k < SIZE; k++) {
      double amplitude = Math.pow(1 + k, -exponent / 2);
      compute.kernels().arithmetic().scale(mix.row(k), (float) amplitude, mix.row(k));
    }
    Matrix x = Matrix.allocate(arena, TOKENS, SIZE);
    compute.parallelBlas().gemm(Op.NONE, Op.NONE, 1, latent, mix, 0, x);
    for (int j = 0; j < SIZE; j++) {
      if (random.nextInt(64) == 0) {
        for (int token = 0; token < TOKENS; token++) {
          x.set(token, j, 10 * x.get(token, j));
        }
      }
    }
    Matrix c = Matrix.allocate(arena, SIZE, SIZE);
    compute.parallelBlas().gemm(Op.TRANSPOSE, Op.NONE, 1f / TOKENS, x, x, 0, c);
    Matrix w = RandomMatrices.of(Kind.GAUSSIAN, SIZE, SIZE, 13, arena);
    return new LayerProblem(w, c, new RowSparsity(0.5));
  }
}
