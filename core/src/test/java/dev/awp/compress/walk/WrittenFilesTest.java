// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.walk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.checkpoint.safetensors.SafetensorsCheckpoint;
import dev.awp.compress.CompressionListener;
import dev.awp.compress.CompressionOptions;
import dev.awp.compress.CompressionOptions.Calibration;
import dev.awp.compress.ConstraintOptions;
import dev.awp.compress.Target;
import dev.awp.compute.Compute;
import dev.awp.constraint.Constraint;
import dev.awp.constraint.GridParameters;
import dev.awp.constraint.NmSparsity;
import dev.awp.constraint.RowSparsity;
import dev.awp.constraint.Sparsity;
import dev.awp.demo.DemoModel;
import dev.awp.fixture.GeneratedCheckpoint;
import dev.awp.format.safetensors.GridFile;
import dev.awp.model.LinearLayer;
import dev.awp.model.ModelLayout;
import dev.awp.report.LayerReport;
import dev.awp.report.LayerReport.TracePoint;
import dev.awp.report.RunReport;
import dev.awp.safetensors.SafetensorsFile;
import dev.awp.solver.registry.SolverOptions;
import dev.awp.stored.TensorReader;
import dev.awp.stored.TensorView;
import dev.awp.tensor.DType;
import dev.awp.tensor.Matrix;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What lies in the written files, read back: exactly on mask and grid, in every stored type. */
class WrittenFilesTest {
  @TempDir private Path folder;

  private RunReport compress(Path model, Path text, ConstraintOptions constraint, String solver) {
    CompressionOptions options =
        CompressionOptions.builder(model, folder.resolve("out-" + System.nanoTime()))
            .constraint(constraint)
            .solver(SolverOptions.of(solver))
            .calibration(new Calibration(List.of(text), 8, OptionalInt.of(64), 0))
            .target(Target.DENSE)
            .build();
    try (Compute compute = Compute.create(2)) {
      RunReport report = Compressor.run(options, "test", compute, new CompressionListener() {});
      check(options, report, compute);
      return report;
    }
  }

  /** Every layer of the output folder against its constraint and against the report. */
  private static void check(CompressionOptions options, RunReport report, Compute compute) {
    try (SafetensorsCheckpoint written = SafetensorsCheckpoint.open(options.output());
        Arena arena = Arena.ofShared()) {
      TensorReader reader = new TensorReader(compute.kernels());
      Map<String, TensorView> grids = new HashMap<>();
      if (options.recipe().defaults().bits().given().isPresent()) {
        SafetensorsFile.map(options.output().resolve(GridFile.NAME), arena)
            .forEach(view -> grids.put(view.name(), view));
      }
      List<LinearLayer> linears = ModelLayout.of(written.config()).linears();
      assertEquals(linears.size(), report.layers().size());
      for (int i = 0; i < linears.size(); i++) {
        TensorView view = written.view(linears.get(i).weight());
        Constraint constraint =
            ConstraintOptions.of(options.recipe().defaults()).forStorage(view.dtype());
        Matrix t = reader.matrix(view, arena);
        GridParameters parameters =
            constraint.grid().isPresent()
                ? parameters(linears.get(i).name(), grids, reader, arena)
                : GridParameters.allocate(constraint, 0, 0, arena);
        assertEquals(Optional.empty(), constraint.check(t, parameters), view.name());
        LayerReport layer = report.layers().get(i);
        assertEquals(linears.get(i).name(), layer.name());
        assertEquals(shareOfZeros(t), layer.sparsity(), 1e-12);
        assertTrue(layer.relativeError() >= 0 && layer.relativeError() < 1, layer.name());
      }
    }
  }

  private static GridParameters parameters(
      String layer, Map<String, TensorView> grids, TensorReader reader, Arena arena) {
    Matrix scales = reader.matrix(grids.get(GridFile.scaleName(layer)), arena);
    TensorView bytes = grids.get(GridFile.zeroPointName(layer));
    assertEquals(DType.U8, bytes.dtype());
    Matrix zeroPoints = Matrix.allocate(arena, scales.rows(), scales.columns());
    for (int r = 0; r < scales.rows(); r++) {
      for (int g = 0; g < scales.columns(); g++) {
        long at = (long) r * scales.columns() + g;
        zeroPoints.set(r, g, bytes.data().get(ValueLayout.JAVA_BYTE, at) & 0xff);
      }
    }
    GridParameters parameters = new GridParameters(scales, zeroPoints);
    TensorView channels = grids.get(GridFile.channelScaleName(layer));
    return channels == null
        ? parameters
        : parameters.withChannelScales(reader.matrix(channels, arena));
  }

  private static double shareOfZeros(Matrix t) {
    int zeros = 0;
    for (int r = 0; r < t.rows(); r++) {
      for (int c = 0; c < t.columns(); c++) {
        zeros += t.get(r, c) == 0 ? 1 : 0;
      }
    }
    return (double) zeros / t.size();
  }

  private static ConstraintOptions sparse(Sparsity sparsity) {
    return new ConstraintOptions(Optional.of(sparsity), Optional.empty());
  }

  private static ConstraintOptions grid(int bits, int group, boolean symmetric) {
    return new ConstraintOptions(
        Optional.empty(), Optional.of(new ConstraintOptions.Grid(bits, group, symmetric)));
  }

  private static ConstraintOptions joint(Sparsity sparsity, int bits, int group) {
    return new ConstraintOptions(
        Optional.of(sparsity), Optional.of(new ConstraintOptions.Grid(bits, group, false)));
  }

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"F32", "F16", "BF16"})
  void everyModeIsExactInTheFile(DType dtype) throws IOException {
    // 20 columns are no multiple of 2:4's M, of 8, or of a group of 32.
    Path model = folder.resolve("model");
    new GeneratedCheckpoint(2, 20, 44, 2, 2, dtype).write(model);
    Path text = Files.writeString(folder.resolve("t.txt"), "Words and more words. ".repeat(60));
    // Every type sees every kind of constraint, one of them every width and every solver.
    boolean all = dtype == DType.BF16;
    for (String solver : all ? List.of("pgd", "wanda", "magnitude") : List.of("pgd")) {
      compress(model, text, sparse(new RowSparsity(0.5)), solver);
      compress(model, text, sparse(new NmSparsity(2, 4)), solver);
      compress(model, text, sparse(new NmSparsity(4, 8)), solver);
      compress(model, text, joint(new RowSparsity(0.6), 4, 32), solver);
      compress(model, text, joint(new NmSparsity(2, 4), 3, 0), solver);
    }
    for (String solver :
        all ? List.of("wanda-awq", "awq-wanda", "alps-gptq") : List.of("awq-wanda")) {
      compress(model, text, joint(new RowSparsity(0.6), 4, 32), solver);
      compress(model, text, joint(new NmSparsity(2, 4), 3, 0), solver);
    }
    for (String solver : all ? List.of("pgd", "rtn", "awq") : List.of("rtn", "awq")) {
      for (int bits : all ? new int[] {2, 3, 4, 8} : new int[] {3}) {
        compress(model, text, grid(bits, 32, false), solver);
        compress(model, text, grid(bits, 0, true), solver);
      }
    }
  }

  @Test
  @Tag("demo")
  void gradientDescentBeatsTheBaselinesInEveryLayerOfTheDemo() {
    DemoModel.Unpacked demo = DemoModel.unpack(folder.resolve("demo"));
    for (double ratio : new double[] {0.5, 0.7}) {
      ConstraintOptions sparse = sparse(new RowSparsity(ratio));
      RunReport pgd = compress(demo.model(), demo.calibration(), sparse, "pgd");
      for (String baseline : List.of("wanda", "magnitude")) {
        RunReport other = compress(demo.model(), demo.calibration(), sparse, baseline);
        for (int i = 0; i < pgd.layers().size(); i++) {
          double ours = pgd.layers().get(i).relativeError();
          double theirs = other.layers().get(i).relativeError();
          assertTrue(
              ours < theirs,
              "%s at %s: %s against %s of %s"
                  .formatted(pgd.layers().get(i).name(), ratio, ours, theirs, baseline));
        }
      }
    }
  }

  @Test
  void reportedObjectiveIsThatOfTheFile() throws IOException {
    // One block and dense inputs: the trace's best value is f(T) before rounding to BF16.
    Path model = folder.resolve("model");
    new GeneratedCheckpoint(1, 32, 48, 2, 2, DType.BF16).write(model);
    Path text = Files.writeString(folder.resolve("t.txt"), "Words and more words. ".repeat(60));
    RunReport report = compress(model, text, sparse(new RowSparsity(0.5)), "pgd");
    for (LayerReport layer : report.layers()) {
      double best = layer.trace().stream().mapToDouble(TracePoint::objective).min().orElseThrow();
      assertEquals(best, layer.objective(), 0.02 * best, layer.name());
      assertTrue(layer.objective() != best, "rounding to BF16 must show in " + layer.name());
      assertEquals(layer.objective() / layer.denseObjective(), layer.relativeError(), 1e-12);
    }
    RunReport exact = compress(model, text, grid(4, 32, false), "pgd");
    for (LayerReport layer : exact.layers()) {
      double best = layer.trace().stream().mapToDouble(TracePoint::objective).min().orElseThrow();
      assertEquals(best, layer.objective(), 1e-4 * best, layer.name());
    }
  }
}
