// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.tuning;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.checkpoint.Checkpoint;
import dev.awp.checkpoint.registry.Checkpoints;
import dev.awp.compute.Compute;
import dev.awp.constraint.Constraint;
import dev.awp.constraint.GridParameters;
import dev.awp.constraint.NmSparsity;
import dev.awp.constraint.RowProjection;
import dev.awp.constraint.RowSparsity;
import dev.awp.constraint.SparseGrid;
import dev.awp.constraint.affine.IntegerGrid;
import dev.awp.fixture.GeneratedCheckpoint;
import dev.awp.model.LinearLayer;
import dev.awp.model.ModelLayout;
import dev.awp.model.gradient.BlockGradient;
import dev.awp.stored.TensorReader;
import dev.awp.tensor.DType;
import dev.awp.tensor.Matrix;
import dev.awp.text.TokenWeights;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A block whose layers were projected one by one, tuned. */
class BlockTuningTest {
  private static final int LENGTH = 128;
  private static final int WINDOWS = 48;

  @TempDir private Path folder;
  private Path model;

  @BeforeEach
  void generate() throws IOException {
    model = folder.resolve("model");
    new GeneratedCheckpoint(1, 32, 48, 2, 1, DType.BF16).write(model);
  }

  static Stream<Constraint> constraints() {
    IntegerGrid symmetric = new IntegerGrid(4, 20, true, DType.F16);
    return Stream.of(
        new IntegerGrid(3, 16, false, DType.BF16),
        symmetric,
        new RowSparsity(0.5),
        new NmSparsity(2, 4),
        new SparseGrid(new RowSparsity(0.5), symmetric));
  }

  /** What came of it: the error before and after, and the weights of all layers. */
  private record Tuned(BlockTuning.Result result, List<float[][]> weights) {}

  private Tuned tune(Constraint constraint, int steps, TokenWeights tokens, int threads) {
    try (Checkpoint checkpoint = Checkpoints.open(model);
        Compute compute = Compute.create(threads);
        Arena arena = Arena.ofShared()) {
      ModelLayout layout = ModelLayout.of(checkpoint.config());
      Matrix inputs = random(arena, layout.config().hiddenSize());
      int rows = BlockTuning.rows(WINDOWS, LENGTH);
      BlockGradient block =
          new BlockGradient(layout, 0, checkpoint::tensor, rows, LENGTH, _ -> true, compute, arena);
      Matrix outputs = Matrix.copyOf(arena, inputs.toArray());
      for (int from = 0; from < outputs.rows(); from += rows) {
        block.forward(outputs.rowRange(from, from + rows));
      }
      List<TunedLayer> layers = new ArrayList<>();
      for (LinearLayer linear : layout.linears(0)) {
        Matrix w =
            new TensorReader(compute.kernels()).matrix(checkpoint.tensor(linear.weight()), arena);
        layers.add(layer(linear, constraint, w, compute, arena));
      }
      BlockTuning.Result result =
          new BlockTuning(block, layers, inputs, outputs, tokens, LENGTH, compute)
              .run(new TuningOptions(steps, 7));
      List<float[][]> weights = new ArrayList<>();
      for (TunedLayer layer : layers) {
        Matrix t = block.weights(layer.linear());
        GridParameters grid = layer.weights().grid(arena);
        assertEquals(Optional.empty(), constraint.check(t, grid), layer.linear().name());
        weights.add(t.toArray());
      }
      return new Tuned(result, weights);
    }
  }

  private static TunedLayer layer(
      LinearLayer linear, Constraint constraint, Matrix w, Compute compute, Arena arena) {
    Matrix t = Matrix.allocate(arena, w.rows(), w.columns());
    GridParameters parameters = GridParameters.allocate(constraint, w.rows(), w.columns(), arena);
    RowProjection projection = constraint.rowProjection(compute.kernels(), w.columns(), arena);
    for (int r = 0; r < w.rows(); r++) {
      projection.project(w.row(r), t.row(r), parameters, r);
    }
    return TunedLayer.of(linear, constraint, DType.BF16, t, parameters, w, compute, arena)
        .orElseThrow();
  }

  private static Matrix random(Arena arena, int columns) {
    SplittableRandom random = new SplittableRandom(3);
    Matrix x = Matrix.allocate(arena, WINDOWS * LENGTH, columns);
    for (int r = 0; r < x.rows(); r++) {
      for (int c = 0; c < columns; c++) {
        x.set(r, c, (float) random.nextGaussian() / (1 + c % 5));
      }
    }
    return x;
  }

  private static TokenWeights ones() {
    return TokenWeights.ones(WINDOWS * LENGTH);
  }

  @ParameterizedTest
  @MethodSource("constraints")
  void theErrorFallsAndWeightsStayInTheirSet(Constraint constraint) {
    BlockTuning.Result result = tune(constraint, 12, ones(), 2).result();
    assertTrue(result.steps() > 0);
    assertTrue(result.after() < result.before(), "" + result);
    assertTrue(result.before() > 0 && result.before() < 1, "" + result);
  }

  @Test
  void noStepsChangeNothing() {
    IntegerGrid grid = new IntegerGrid(3, 16, false, DType.BF16);
    Tuned none = tune(grid, 0, ones(), 2);
    assertEquals(0, none.result().steps());
    assertEquals(none.result().before(), none.result().after());
  }

  @Test
  void resultsDoNotDependOnThreads() {
    IntegerGrid grid = new IntegerGrid(3, 16, false, DType.BF16);
    Tuned expected = tune(grid, 3, ones(), 1);
    for (int threads : new int[] {2, 4}) {
      Tuned other = tune(grid, 3, ones(), threads);
      assertEquals(expected.result(), other.result());
      for (int i = 0; i < expected.weights().size(); i++) {
        assertArrayEquals(expected.weights().get(i), other.weights().get(i));
      }
    }
  }

  @Test
  void tokensThatDoNotCountChangeNothing() {
    RowSparsity half = new RowSparsity(0.5);
    float[] none = new float[WINDOWS * LENGTH];
    Tuned tuned = tune(half, 5, TokenWeights.of(none), 2);
    assertEquals(0, tuned.result().before());
    assertEquals(0, tuned.result().steps());
  }
}
