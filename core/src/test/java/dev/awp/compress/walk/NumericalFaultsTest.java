// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.walk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.AwpException;
import dev.awp.checkpoint.safetensors.SafetensorsCheckpoint;
import dev.awp.compress.CompressionListener;
import dev.awp.compress.CompressionOptions;
import dev.awp.compress.CompressionOptions.Calibration;
import dev.awp.compress.ConstraintOptions;
import dev.awp.compute.Compute;
import dev.awp.constraint.NmSparsity;
import dev.awp.constraint.RowSparsity;
import dev.awp.fixture.GeneratedCheckpoint;
import dev.awp.report.LayerReport;
import dev.awp.report.RunReport;
import dev.awp.solver.Effort;
import dev.awp.solver.Solver;
import dev.awp.solver.registry.SolverOptions;
import dev.awp.solver.registry.Solvers;
import dev.awp.stored.TensorView;
import dev.awp.tensor.DType;
import dev.awp.text.TextOptions;
import dev.awp.text.Windows;
import dev.awp.verify.Verification;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Numbers that no trained model should have, through every solver and the whole walk: a refusal
 * that names the layer, or finite weights in the constraint set (docs/reliability.md has the
 * table).
 */
class NumericalFaultsTest {
  private static final String BLOCK = "model.layers.0.";
  private static final String GATE = BLOCK + "mlp.gate_proj.weight";

  @TempDir private Path folder;
  private Path model;
  private int runs;

  @BeforeEach
  void generate() throws IOException {
    model = folder.resolve("model");
    new GeneratedCheckpoint(1, 16, 24, 2, 1, DType.F32).write(model);
    Files.writeString(folder.resolve("text.txt"), "A text of some words, again. ".repeat(20));
  }

  /** Overwrites values of a tensor. */
  private void set(String tensor, int from, int to, IntToDoubleFunction value) throws IOException {
    long offset;
    Path file;
    try (SafetensorsCheckpoint checkpoint = SafetensorsCheckpoint.open(model)) {
      TensorView view = checkpoint.view(tensor);
      offset = view.fileOffset();
      file = view.file();
    }
    try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
      for (int i = from; i < to; i++) {
        bytes.seek(offset + 4L * i);
        bytes.writeInt(Integer.reverseBytes(Float.floatToIntBits((float) value.applyAsDouble(i))));
      }
    }
  }

  private static List<ConstraintOptions> constraints() {
    ConstraintOptions.Grid grid = new ConstraintOptions.Grid(3, 8, false);
    return List.of(
        new ConstraintOptions(Optional.of(new RowSparsity(0.5)), Optional.empty()),
        new ConstraintOptions(Optional.empty(), Optional.of(grid)),
        new ConstraintOptions(Optional.of(new NmSparsity(2, 4)), Optional.of(grid)));
  }

  private RunReport compress(ConstraintOptions constraint, String solver, int tokens) {
    Path out = folder.resolve("out-" + runs++);
    CompressionOptions options =
        CompressionOptions.builder(model, out)
            // A window of one token is then one of the text.
            .texts(TextOptions.DEFAULT.withWindows(Windows.PAPERS))
            .constraint(constraint)
            .solver(SolverOptions.of(solver))
            .calibration(
                new Calibration(
                    List.of(folder.resolve("text.txt")),
                    tokens == 1 ? 1 : 4,
                    OptionalInt.of(Math.min(tokens, 32)),
                    0))
            .build();
    try (Compute compute = Compute.create(2)) {
      CompressionListener silent = new CompressionListener() {};
      RunReport report = Compressor.run(options, "test", compute, silent);
      Verification.Result result = Verification.of(out, compute, silent);
      assertEquals(List.of(), result.violations(), solver);
      for (LayerReport layer : report.layers()) {
        assertTrue(Double.isFinite(layer.relativeError()), solver + " " + layer);
        assertTrue(layer.relativeError() >= 0, solver + " " + layer);
      }
      return report;
    }
  }

  /** Every solver that can serve it, on every kind of constraint. */
  private void compressByAll(int tokens) {
    for (ConstraintOptions constraint : constraints()) {
      for (Solver solver : Solvers.all(Effort.NORMAL)) {
        if (solver.supports(constraint.forStorage(DType.F32))) {
          compress(constraint, solver.name(), tokens);
        }
      }
    }
  }

  private void assertRefused(String... words) {
    for (ConstraintOptions constraint : constraints()) {
      AwpException refusal =
          assertThrows(AwpException.class, () -> compress(constraint, SolverOptions.AUTO, 128));
      for (String word : words) {
        assertTrue(refusal.getMessage().contains(word), refusal.getMessage());
      }
    }
  }

  @Test
  void nonFiniteWeightsAreRefused() throws IOException {
    for (float value : new float[] {Float.NaN, Float.NEGATIVE_INFINITY}) {
      set(GATE, 21, 22, i -> value);
      assertRefused("model.safetensors: tensor " + GATE + " holds " + value + " at [1, 5]");
    }
  }

  @Test
  void activationsThatOverflowAreRefusedWhereTheyDo() throws IOException {
    set(BLOCK + "mlp.up_proj.weight", 0, 16, i -> 1e30);
    assertRefused(BLOCK + "mlp.down_proj", "activations must be finite");
  }

  @Test
  void subnormalWeightsAreSolved() throws IOException {
    set(GATE, 0, 16 * 24, i -> (i % 7 - 3) * Float.MIN_VALUE);
    compressByAll(128);
  }

  @Test
  void layersOfZerosAreSolved() throws IOException {
    set(GATE, 0, 16 * 24, i -> 0);
    set(BLOCK + "self_attn.q_proj.weight", 0, 16, i -> 0);
    compressByAll(128);
  }

  @Test
  void deadChannelsAreSolved() throws IOException {
    set(BLOCK + "input_layernorm.weight", 3, 7, i -> 0);
    set(BLOCK + "post_attention_layernorm.weight", 0, 16, i -> 0);
    compressByAll(128);
  }

  @Test
  void oneTokenIsEnough() {
    compressByAll(1);
  }

  @Test
  void outliersThatStayInRangeAreSolved() throws IOException {
    set(BLOCK + "input_layernorm.weight", 2, 3, i -> 1e4);
    set(BLOCK + "self_attn.v_proj.weight", 5, 6, i -> 1e3);
    compressByAll(128);
  }

  @Test
  void outliersOfTheLastLayerEitherFitOrAreNamed() throws IOException {
    // f(T) is of the order of 1e60 here, which float64 sums hold and float32 products do not.
    set(BLOCK + "mlp.down_proj.weight", 0, 1, i -> 1e30);
    for (ConstraintOptions constraint : constraints()) {
      for (Solver solver : Solvers.all(Effort.NORMAL)) {
        if (solver.supports(constraint.forStorage(DType.F32))) {
          try {
            compress(constraint, solver.name(), 128);
          } catch (AwpException e) {
            assertTrue(e.getMessage().contains("down_proj"), solver.name() + ": " + e.getMessage());
          }
        }
      }
    }
  }
}
