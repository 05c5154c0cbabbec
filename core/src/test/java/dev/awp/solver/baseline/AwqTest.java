// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.baseline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.blas.Blas.Op;
import dev.awp.constraint.Constraint;
import dev.awp.constraint.GridParameters;
import dev.awp.constraint.NmSparsity;
import dev.awp.constraint.RowSparsity;
import dev.awp.constraint.SparseGrid;
import dev.awp.constraint.Sparsity;
import dev.awp.constraint.Storage;
import dev.awp.constraint.affine.IntegerGrid;
import dev.awp.fixture.RandomMatrices;
import dev.awp.fixture.RandomMatrices.Kind;
import dev.awp.fixture.SolverFixture;
import dev.awp.solver.IterationRecord;
import dev.awp.solver.Solution;
import dev.awp.solver.Solver;
import dev.awp.tensor.DType;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** AWQ and the sequences: true to the papers, exact in what they store, defined on hard layers. */
class AwqTest extends SolverFixture {
  private static final List<Solver> SEQUENCES =
      List.of(Sequence.wandaAwq(), Sequence.awqWanda(), Sequence.alpsGptq());

  AwqTest() {
    super(70, 97, 1);
  }

  @Test
  void outlierChannelsLoseLessThanByRounding() {
    for (int bits : new int[] {2, 3, 4, 8}) {
      for (boolean symmetric : new boolean[] {false, true}) {
        Constraint grid = new IntegerGrid(bits, 32, symmetric, DType.BF16);
        Solution awq = solve(new Awq(), grid);
        double nearest = solve(new RoundToNearest(), grid).objective();
        String what = grid.describe() + ": " + awq.objective() + " against " + nearest;
        assertEquals(nearest, awq.trace().getFirst().objective(), what);
        assertTrue(awq.objective() < 0.8 * nearest, what);
      }
    }
  }

  @Test
  void withoutOutliersNothingIsScaled() {
    Matrix identity = Matrix.allocate(arena, 97, 97);
    for (int j = 0; j < 97; j++) {
      identity.set(j, j, 3);
    }
    Solution awq = solve(new Awq(), w, identity, new IntegerGrid(4, 32, false, DType.F16));
    for (int j = 0; j < 97; j++) {
      assertEquals(1, awq.grid().channelScales().orElseThrow().get(0, j));
    }
  }

  /**
   * Both searches straight from the paper. What is rounded is computed in float32 as the solver
   * computes it: the ends of a clipped range lie in the middle between two codes, so that the last
   * bit decides for one of them.
   */
  @Test
  void scalesAndRangesAreThoseOfThePaper() {
    for (int bits : new int[] {2, 3, 4}) {
      IntegerGrid grid = new IntegerGrid(bits, 32, false, DType.F32);
      double best = Double.POSITIVE_INFINITY;
      float[] scales = new float[0];
      for (int step = 0; step < 20; step++) {
        float[] s = scales(step / 20.0);
        double objective = objective(rounded(grid, s, false));
        if (objective < best) {
          best = objective;
          scales = s;
        }
      }
      List<IterationRecord> trace = solve(new Awq(), grid).trace();
      assertEquals(21, trace.size());
      assertEquals(best, trace.get(19).objective(), 1e-3 * best);
      double clipped = Math.min(best, objective(rounded(grid, scales, true)));
      assertEquals(clipped, trace.get(20).objective(), 1e-3 * clipped);
      assertTrue(clipped < best, "clipping to " + clipped + " from " + best);
    }
  }

  private float[] scales(double alpha) {
    double[] s = new double[c.rows()];
    double least = Double.POSITIVE_INFINITY;
    double most = 0;
    for (int j = 0; j < s.length; j++) {
      s[j] = Math.pow(Math.sqrt(c.get(j, j)), alpha);
      least = Math.min(least, s[j]);
      most = Math.max(most, s[j]);
    }
    float[] normalized = new float[s.length];
    for (int j = 0; j < s.length; j++) {
      normalized[j] = (float) (s[j] / Math.sqrt(least * most));
    }
    return normalized;
  }

  private double[][] rounded(IntegerGrid grid, float[] s, boolean clip) {
    double[][] t = new double[w.rows()][w.columns()];
    for (int row = 0; row < t.length; row++) {
      for (int from = 0; from < w.columns(); from += grid.groupSize()) {
        int to = Math.min(w.columns(), from + grid.groupSize());
        float largest = 0;
        for (int j = from; j < to; j++) {
          largest = Math.max(largest, Math.abs(w.get(row, j) * s[j]));
        }
        double best = Double.POSITIVE_INFINITY;
        for (int candidate = 0; candidate < (clip ? 10 : 1); candidate++) {
          float share = (20 - candidate) / 20f;
          double[] q = group(grid, row, from, to, s, share * largest);
          double lost = 0;
          for (int i = from; i < to; i++) {
            for (int j = from; j < to; j++) {
              lost += (w.get(row, i) - q[i - from]) * c.get(i, j) * (w.get(row, j) - q[j - from]);
            }
          }
          if (lost < best) {
            best = lost;
            System.arraycopy(q, 0, t[row], from, to - from);
          }
        }
      }
    }
    return t;
  }

  private double[] group(IntegerGrid grid, int row, int from, int to, float[] s, float most) {
    float[] z = new float[to - from];
    float low = 0;
    float high = 0;
    for (int j = from; j < to; j++) {
      z[j - from] = Math.clamp(w.get(row, j), -most / s[j], most / s[j]) * s[j];
      low = Math.min(low, z[j - from]);
      high = Math.max(high, z[j - from]);
    }
    float scale = grid.scaleOf(low, high);
    float zeroPoint = grid.zeroPointOf(low, scale);
    double[] q = new double[z.length];
    for (int j = from; j < to; j++) {
      double code = Math.clamp(Math.rint(z[j - from] / scale) + zeroPoint, 0, grid.maxCode());
      q[j - from] = (code - zeroPoint) * scale / s[j];
    }
    return q;
  }

  private double objective(double[][] t) {
    double sum = 0;
    for (int row = 0; row < t.length; row++) {
      for (int i = 0; i < w.columns(); i++) {
        for (int j = 0; j < w.columns(); j++) {
          sum += (w.get(row, i) - t[row][i]) * c.get(i, j) * (w.get(row, j) - t[row][j]);
        }
      }
    }
    return sum;
  }

  /** By the formula of the grid file, tried with every code. */
  @Test
  void parametersReproduceEveryValueBitForBit() {
    for (DType storage : List.of(DType.F32, DType.F16, DType.BF16)) {
      IntegerGrid grid = new IntegerGrid(3, 32, false, storage);
      assertReproduced(grid, solve(new Awq(), grid));
      for (Solver sequence : SEQUENCES) {
        assertReproduced(grid, solve(sequence, new SparseGrid(new RowSparsity(0.5), grid)));
      }
    }
  }

  private static void assertReproduced(IntegerGrid grid, Solution solution) {
    GridParameters parameters = solution.grid();
    for (int row = 0; row < solution.weights().rows(); row++) {
      for (int j = 0; j < solution.weights().columns(); j++) {
        int column = j;
        float scale = parameters.scales().get(row, j / 32);
        float zeroPoint = parameters.zeroPoints().get(row, j / 32);
        float channel = parameters.channelScales().map(all -> all.get(0, column)).orElse(1f);
        int bits = Float.floatToRawIntBits(solution.weights().get(row, j));
        boolean found = false;
        for (int code = 0; code <= grid.maxCode(); code++) {
          float value =
              Storage.round(grid.storage().values(), (code - zeroPoint) * scale / channel);
          found |= Float.floatToRawIntBits(value) == bits;
        }
        assertTrue(found, "row " + row + ", column " + j);
      }
    }
  }

  @Test
  void sequencesKeepWhatTheFirstMethodFound() {
    for (Sparsity sparsity : List.of(new RowSparsity(0.6), new NmSparsity(2, 4))) {
      IntegerGrid grid = new IntegerGrid(4, 32, false, DType.BF16);
      Constraint joint = new SparseGrid(sparsity, grid);
      Matrix wanda = solve(new Wanda(), sparsity).weights();
      Matrix alps = solve(new Alps(), sparsity).weights();
      Matrix awq = solve(new Awq(), grid).weights();
      Matrix wandaAwq = solve(Sequence.wandaAwq(), joint).weights();
      Matrix alpsGptq = solve(Sequence.alpsGptq(), joint).weights();
      Matrix awqWanda = solve(Sequence.awqWanda(), joint).weights();
      for (int row = 0; row < w.rows(); row++) {
        for (int j = 0; j < w.columns(); j++) {
          assertTrue(wanda.get(row, j) != 0 || wandaAwq.get(row, j) == 0);
          assertTrue(alps.get(row, j) != 0 || alpsGptq.get(row, j) == 0);
          float kept = awqWanda.get(row, j);
          assertTrue(kept == 0 || kept == awq.get(row, j));
        }
      }
    }
  }

  @Test
  void sequencesRankAsTheirMethodsDo() {
    for (Sparsity sparsity : List.of(new RowSparsity(0.5), new NmSparsity(2, 4))) {
      Constraint joint = new SparseGrid(sparsity, new IntegerGrid(3, 32, false, DType.BF16));
      double nearest = solve(new Wanda(), joint).objective();
      double wandaAwq = solve(Sequence.wandaAwq(), joint).objective();
      double awqWanda = solve(Sequence.awqWanda(), joint).objective();
      double alpsGptq = solve(Sequence.alpsGptq(), joint).objective();
      String what =
          "wanda and rounding %s, wanda-awq %s, awq-wanda %s, alps-gptq %s"
              .formatted(nearest, wandaAwq, awqWanda, alpsGptq);
      assertTrue(wandaAwq < nearest && awqWanda < nearest, what);
      assertTrue(alpsGptq < 0.5 * Math.min(wandaAwq, awqWanda), what);
    }
  }

  /** Dead channels, few tokens, huge and tiny inputs; empty, constant and partly empty rows. */
  @Test
  void hardLayersAreNoWorseThanTheirStart() {
    makeOddRows();
    for (String kind : HARD) {
      Matrix hard = hard(kind, c);
      for (IntegerGrid grid :
          List.of(
              new IntegerGrid(4, 32, false, DType.F16),
              new IntegerGrid(2, 0, true, DType.BF16),
              new IntegerGrid(8, 5, false, DType.F32))) {
        double awq = solve(new Awq(), w, hard, grid).objective();
        double nearest = solve(new RoundToNearest(), w, hard, grid).objective();
        assertTrue(awq <= nearest, kind + ", " + grid.describe() + ": " + awq);
        for (Solver sequence : SEQUENCES) {
          Constraint joint = new SparseGrid(new RowSparsity(0.5), grid);
          // No sequence bounds its own error: its second method starts where the first one ended.
          // solve() holds it to its set and to numbers.
          solve(sequence, w, hard, joint);
        }
      }
    }
  }

  @Provide
  Arbitrary<IntegerGrid> grids() {
    return Combinators.combine(
            Arbitraries.of(2, 3, 4, 8),
            Arbitraries.of(0, 1, 5, 32, 128, 200),
            Arbitraries.of(true, false),
            Arbitraries.of(DType.F32, DType.F16, DType.BF16))
        .as(IntegerGrid::new);
  }

  /** Weights of any size, near the ends of the stored type too, and fewer inputs than channels. */
  @Property(tries = 100)
  void anyLayerIsAtLeastAsGoodAsRounded(
      @ForAll("grids") IntegerGrid grid,
      @ForAll @IntRange(min = 1, max = 300) int columns,
      @ForAll Kind kind,
      @ForAll @IntRange(min = 1, max = 9) int tokens,
      @ForAll long seed) {
    try (Arena own = Arena.ofShared()) {
      Matrix weights = RandomMatrices.of(kind, 3, columns, seed, own);
      Matrix x = RandomMatrices.of(Kind.OUTLIERS, tokens, columns, seed + 1, own);
      Matrix moment = Matrix.allocate(own, columns, columns);
      compute.blas().gemm(Op.TRANSPOSE, Op.NONE, 1f / tokens, x, x, 0, moment);
      double awq = solve(new Awq(), weights, moment, grid).objective();
      double nearest = solve(new RoundToNearest(), weights, moment, grid).objective();
      assertTrue(awq <= nearest, awq + " against " + nearest);
    }
  }

  @Test
  void resultsDoNotDependOnThreads() {
    IntegerGrid grid = new IntegerGrid(3, 32, false, DType.BF16);
    Constraint joint = new SparseGrid(new NmSparsity(2, 4), grid);
    Matrix many = RandomMatrices.of(Kind.GAUSSIAN, 300, 97, 3, arena);
    for (Solver solver : List.of(new Awq(), SEQUENCES.get(0), SEQUENCES.get(1), SEQUENCES.get(2))) {
      Constraint constraint = solver.supports(grid) ? grid : joint;
      assertSameOnAnyThreads(solver, many, constraint);
    }
  }

  @Test
  void onlyTheirConstraintsAreServed() {
    Constraint grid = new IntegerGrid(4, 32, false, DType.F32);
    Constraint joint =
        new SparseGrid(new RowSparsity(0.5), new IntegerGrid(4, 32, false, DType.F32));
    assertFalse(new Awq().supports(joint) || new Awq().supports(new RowSparsity(0.5)));
    for (Solver sequence : SEQUENCES) {
      assertTrue(sequence.supports(joint));
      assertFalse(sequence.supports(grid) || sequence.supports(new RowSparsity(0.5)));
    }
  }

  @Test
  void interruptionEndsTheSearch() {
    assertInterruptible(new Awq(), new IntegerGrid(4, 32, false, DType.F32));
  }
}
