// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.walk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.AwpException;
import dev.awp.compress.CompressionListener;
import dev.awp.compress.CompressionOptions;
import dev.awp.compress.CompressionOptions.Calibration;
import dev.awp.compress.ConstraintOptions;
import dev.awp.compress.Propagation;
import dev.awp.compress.Start;
import dev.awp.compress.Target;
import dev.awp.compute.Compute;
import dev.awp.constraint.RowSparsity;
import dev.awp.fixture.GeneratedArchitectures;
import dev.awp.fixture.GeneratedCheckpoint;
import dev.awp.fixture.OutputFolders;
import dev.awp.format.registry.OutputFormats;
import dev.awp.recipe.BlockChoice;
import dev.awp.recipe.LayerSettings;
import dev.awp.recipe.Recipe;
import dev.awp.report.LayerReport;
import dev.awp.report.RunReport;
import dev.awp.tensor.DType;
import dev.awp.verify.Verification;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs whose blocks are tuned. */
class TuningTest {
  private static final int BLOCKS = 2;
  private static final int LAYERS_OF_BLOCK = 7;

  @TempDir private Path folder;
  private Path model;
  private Path text;

  @BeforeEach
  void generate() throws IOException {
    generate(32, 48);
    text =
        Files.writeString(folder.resolve("text.txt"), "A text of some words, again. ".repeat(99));
  }

  private void generate(int hidden, int intermediate) throws IOException {
    model = folder.resolve("model-" + hidden);
    new GeneratedCheckpoint(BLOCKS, hidden, intermediate, 2, 1, DType.BF16).write(model);
  }

  private CompressionOptions.Builder builder(String out, ConstraintOptions constraint) {
    return CompressionOptions.builder(model, folder.resolve(out))
        .constraint(constraint)
        .calibration(new Calibration(List.of(text), 20, OptionalInt.of(32), 0))
        .tuning(10);
  }

  private static ConstraintOptions bits(int bits) {
    return bits(bits, 16);
  }

  private static ConstraintOptions bits(int bits, int group) {
    return new ConstraintOptions(
        Optional.empty(), Optional.of(new ConstraintOptions.Grid(bits, group, false)));
  }

  static Stream<ConstraintOptions> constraints() {
    RowSparsity half = new RowSparsity(0.5);
    return Stream.of(
        bits(3),
        new ConstraintOptions(Optional.of(half), Optional.empty()),
        new ConstraintOptions(
            Optional.of(half), Optional.of(new ConstraintOptions.Grid(4, 16, false))));
  }

  private static RunReport run(CompressionOptions options, int threads) {
    return run(options, threads, new CompressionListener() {});
  }

  private static RunReport run(
      CompressionOptions options, int threads, CompressionListener listener) {
    try (Compute compute = Compute.create(threads)) {
      return Compressor.run(options, Start.CONTINUE, "test", compute, listener);
    }
  }

  @ParameterizedTest
  @MethodSource("constraints")
  void tunedLayersLieInTheirConstraintSet(ConstraintOptions constraint) {
    RunReport report = run(builder("out", constraint).build(), 2);
    assertEquals(10, report.options().get("tune"));
    for (LayerReport layer : report.layers()) {
      LayerReport.Tuning tuning = layer.tuning();
      assertTrue(tuning.blockErrorAfter() <= tuning.blockErrorBefore(), layer.name());
      assertTrue(tuning.steps() > 0 || layer.objective() == tuning.solvedObjective());
    }
    // Recomputes sums, sparsity and grids from the files.
    try (Compute compute = Compute.create(1)) {
      var found = Verification.of(folder.resolve("out"), compute, _ -> {});
      assertEquals(List.of(), found.violations());
      assertEquals(BLOCKS * LAYERS_OF_BLOCK, found.checkedLayers());
    }
  }

  @ParameterizedTest
  @CsvSource({"COMPRESSED, PROPAGATED", "COMPRESSED, DENSE", "DENSE, DENSE"})
  void bytesDoNotDependOnThreadsAndInterruptions(Propagation propagation, Target target)
      throws IOException {
    for (String name : List.of("expected", "out")) {
      CompressionOptions options =
          builder(name, bits(3)).propagation(propagation).target(target).build();
      if (name.equals("out")) {
        // Within the first block, and when the second one's first layer is solved.
        assertRestored(0, stopped(options, 3));
        assertRestored(0, stopped(options, LAYERS_OF_BLOCK + 1));
        assertRestored(LAYERS_OF_BLOCK, stopped(options, 2));
      }
      RunReport report = run(options, name.equals("out") ? 2 : 1);
      assertTrue(
          report.layers().stream().anyMatch(layer -> layer.tuning().steps() > 0),
          "nothing was tuned");
    }
    OutputFolders.assertSame(folder.resolve("expected"), folder.resolve("out"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"gemma4", "gemma4-pattern", "gemma4-per-layer"})
  void allBlocksOfGemma4ThatStandAloneAreTuned(String name) throws IOException {
    model = folder.resolve(name);
    GeneratedArchitectures.write(model, name, DType.BF16);
    RunReport report = run(builder("out", bits(3, 2)).build(), 2);
    assertEquals(List.of(), report.warnings().stream().filter(w -> w.contains("tuned")).toList());
    for (LayerReport layer : report.layers()) {
      LayerReport.Tuning tuning = layer.tuning();
      assertTrue(tuning.blockErrorAfter() <= tuning.blockErrorBefore(), layer.name());
    }
  }

  private static void assertRestored(int expected, int restored) {
    assertEquals(expected, restored);
  }

  /** Ends a run when some more layers are solved; tells how many were finished before. */
  private static int stopped(CompressionOptions options, int layers) {
    int[] counts = new int[2];
    CompressionListener stopper =
        new CompressionListener() {
          @Override
          public void restored(int finished, long work) {
            counts[0] = finished;
          }

          @Override
          public void layerFinished(int block, LayerReport layer, long work) {
            counts[1]++;
            if (counts[1] == layers) {
              throw new AwpException("stopped");
            }
          }
        };
    assertThrows(AwpException.class, () -> run(options, 2, stopper));
    return counts[0];
  }

  @Test
  void severalFormatsHoldTunedLayers() throws IOException {
    generate(64, 96);
    ConstraintOptions wide =
        new ConstraintOptions(
            Optional.empty(), Optional.of(new ConstraintOptions.Grid(4, 32, false)));
    CompressionOptions options =
        builder("out", wide)
            .formats(
                List.of(
                    OutputFormats.byName("compressed-tensors").orElseThrow(),
                    OutputFormats.byName("gptq-v2").orElseThrow()))
            .build();
    RunReport report = run(options, 2);
    assertTrue(report.layers().stream().allMatch(layer -> layer.tuning() != null));
  }

  /**
   * States hold a token, keys and values behind the hidden ones. The second and the third block
   * make keys and values for later ones.
   */
  @Test
  void blocksThatOthersTakeKeysFromAreNotTuned() throws IOException {
    GeneratedArchitectures.write(folder.resolve("shared"), "gemma4-shared", DType.BF16);
    model = folder.resolve("shared");
    RunReport report = run(builder("out", bits(3, 2)).build(), 2);
    assertTrue(
        report.warnings().stream()
            .anyMatch(warning -> warning.contains("blocks [2, 3] are not tuned: later blocks")),
        "" + report.warnings());
    for (LayerReport layer : report.layers()) {
      boolean source = layer.name().contains("layers.1.") || layer.name().contains("layers.2.");
      assertEquals(source, layer.tuning() == null, layer.name());
      if (!source) {
        LayerReport.Tuning tuning = layer.tuning();
        assertTrue(tuning.steps() > 0, layer.name());
        assertTrue(tuning.blockErrorAfter() < tuning.blockErrorBefore(), layer.name());
      }
    }
  }

  @Test
  void whatIsNotTunedIsTold() throws IOException {
    generate(64, 96);
    LayerSettings floats =
        LayerSettings.builder().blocks(Optional.of(BlockChoice.parse("MXFP4"))).build();
    RunReport report =
        run(
            CompressionOptions.builder(model, folder.resolve("out"))
                .recipe(Recipe.uniform(floats))
                .calibration(new Calibration(List.of(text), 20, OptionalInt.of(32), 0))
                .tuning(10)
                .build(),
            2);
    assertTrue(
        report.warnings().stream().anyMatch(warning -> warning.contains("are not tuned")),
        "" + report.warnings());
    assertNull(report.layers().getFirst().tuning());
  }
}
