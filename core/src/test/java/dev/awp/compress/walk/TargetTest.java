// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.walk;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.compress.CompressionListener;
import dev.awp.compress.CompressionOptions;
import dev.awp.compress.CompressionOptions.Calibration;
import dev.awp.compress.ConstraintOptions;
import dev.awp.compress.Propagation;
import dev.awp.compress.Target;
import dev.awp.compute.Compute;
import dev.awp.constraint.RowSparsity;
import dev.awp.demo.DemoModel;
import dev.awp.eval.EvaluationOptions;
import dev.awp.fixture.GeneratedCheckpoint;
import dev.awp.report.LayerReport;
import dev.awp.report.RunReport;
import dev.awp.tensor.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a layer is made to reproduce. */
class TargetTest {
  @TempDir private Path folder;

  private CompressionOptions options(
      String output,
      Path model,
      Path text,
      int sequences,
      Propagation propagation,
      Target target,
      List<Path> evaluation) {
    return builder(output, model, text, sequences)
        .propagation(propagation)
        .target(target)
        .evaluation(new EvaluationOptions(evaluation, OptionalInt.empty()))
        .build();
  }

  private CompressionOptions.Builder builder(String output, Path model, Path text, int sequences) {
    ConstraintOptions sparse =
        new ConstraintOptions(Optional.of(new RowSparsity(0.7)), Optional.empty());
    return CompressionOptions.builder(model, folder.resolve(output))
        .constraint(sparse)
        .calibration(new Calibration(List.of(text), sequences, OptionalInt.of(64), 0));
  }

  private static RunReport run(CompressionOptions options, int threads) {
    try (Compute compute = Compute.create(threads)) {
      return Compressor.run(options, "test", compute, new CompressionListener() {});
    }
  }

  @Test
  void driftBeginsBehindTheFirstLayersAndDoesNotDependOnThreads() throws IOException {
    Path model = folder.resolve("model");
    new GeneratedCheckpoint(2, 32, 48, 2, 2, DType.BF16).write(model);
    Path text = Files.writeString(folder.resolve("t.txt"), "Words and more words. ".repeat(200));
    CompressionOptions one =
        options("one", model, text, 20, Propagation.COMPRESSED, Target.PROPAGATED, List.of());
    CompressionOptions two =
        options("two", model, text, 20, Propagation.COMPRESSED, Target.PROPAGATED, List.of());
    RunReport report = run(one, 1);
    run(two, 2);
    assertArrayEquals(
        Files.readAllBytes(one.output().resolve("model.safetensors")),
        Files.readAllBytes(two.output().resolve("model.safetensors")));
    assertEquals("PROPAGATED", report.options().get("target"));
    for (LayerReport layer : report.layers()) {
      boolean first = layer.name().matches("model\\.layers\\.0\\.self_attn\\.[qkv]_proj");
      assertEquals(first, layer.targetDrift() == 0, layer.name() + " " + layer.targetDrift());
      assertTrue(layer.targetDrift() >= 0 && layer.targetDrift() < 1, layer.name());
    }
    RunReport dense =
        run(options("dense", model, text, 20, Propagation.COMPRESSED, Target.DENSE, List.of()), 2);
    dense.layers().forEach(layer -> assertEquals(0, layer.targetDrift(), layer.name()));
  }

  /**
   * A share of the windows is made up for alike on any number of threads, and stands in the report.
   */
  @Test
  void theDriftMayBeToldByAShareOfTheWindows() throws IOException {
    Path model = folder.resolve("model");
    new GeneratedCheckpoint(2, 32, 48, 2, 2, DType.BF16).write(model);
    Path text = Files.writeString(folder.resolve("t.txt"), "Words and more words. ".repeat(200));
    byte[] whole = written(builder("whole", model, text, 20), 1);
    byte[] one = written(builder("one", model, text, 20).targetShare(0.3), 1);
    byte[] two = written(builder("two", model, text, 20).targetShare(0.3), 2);
    byte[] dense = written(builder("dense", model, text, 20).target(Target.DENSE), 1);
    assertArrayEquals(one, two);
    assertFalse(Arrays.equals(whole, one));
    assertFalse(Arrays.equals(dense, one));
  }

  /** Parts of a window are a whole one. */
  @Test
  void aShareIsRoundedUpToWindows() throws IOException {
    Path model = folder.resolve("model");
    new GeneratedCheckpoint(2, 32, 48, 2, 2, DType.BF16).write(model);
    Path text = Files.writeString(folder.resolve("t.txt"), "Words and more words. ".repeat(200));
    assertArrayEquals(
        written(builder("whole", model, text, 20), 1),
        written(builder("nearly", model, text, 20).targetShare(0.99), 1));
  }

  private byte[] written(CompressionOptions.Builder builder, int threads) throws IOException {
    CompressionOptions options = builder.build();
    RunReport report = run(options, threads);
    assertEquals(
        options.target() == Target.PROPAGATED ? options.targetShare() : null,
        report.options().get("targetShare"));
    return Files.readAllBytes(options.output().resolve("model.safetensors"));
  }

  @Test
  void denseInputsHaveNotDrifted() {
    assertThrows(
        IllegalArgumentException.class,
        () -> options("x", folder, folder, 1, Propagation.DENSE, Target.PROPAGATED, List.of()));
  }

  /** What it is for: held-out perplexity. */
  @Test
  @Tag("demo")
  void lowersThePerplexityOfTheDemo() {
    DemoModel.Unpacked demo = DemoModel.unpack(folder.resolve("demo"));
    double propagated = perplexity(demo, Target.PROPAGATED);
    double dense = perplexity(demo, Target.DENSE);
    assertTrue(propagated < dense, propagated + " against " + dense);
  }

  private double perplexity(DemoModel.Unpacked demo, Target target) {
    CompressionOptions options =
        options(
            "out-" + target,
            demo.model(),
            demo.calibration(),
            80,
            Propagation.COMPRESSED,
            target,
            List.of(demo.evaluation()));
    return run(options, 2).perplexity().getFirst().after();
  }
}
