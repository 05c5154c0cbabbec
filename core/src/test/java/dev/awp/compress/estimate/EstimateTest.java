// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.estimate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.AwpException;
import dev.awp.blas.mixed.MixedPrecision;
import dev.awp.cli.CompressWords;
import dev.awp.compress.CompressionListener;
import dev.awp.compress.walk.Compressor;
import dev.awp.compute.Compute;
import dev.awp.config.json.ModelConfigReader;
import dev.awp.fixture.GeneratedCheckpoint;
import dev.awp.fixture.LlamaCppArchitectures;
import dev.awp.model.ModelLayout;
import dev.awp.report.PlanReport;
import dev.awp.tensor.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Plans of runs that would have to measure for them. */
class EstimateTest {
  @TempDir private static Path folder;

  @BeforeAll
  static void write() throws IOException {
    new GeneratedCheckpoint(3, 16, 24, 2, 2, DType.F32).write(folder.resolve("model"));
    Files.writeString(folder.resolve("text.txt"), "A text of some words. ".repeat(30));
  }

  /** What a plan says. */
  private record Told(PlanReport report) {
    double work() {
      PlanReport.Totals totals = report.totals();
      return totals.measureFlops() + totals.solveFlops() + totals.passFlops();
    }
  }

  private static Told estimate(String... words) {
    List<String> all = new ArrayList<>();
    all.add(folder.resolve("model").toString());
    all.add(folder.resolve("out").toString());
    all.add("--calibration=" + folder.resolve("text.txt"));
    all.addAll(List.of("--sequences=4", "--sequence-length=32"));
    all.addAll(List.of(words));
    List<String> steps = new ArrayList<>();
    CompressionListener listener =
        new CompressionListener() {
          @Override
          public void step(String what) {
            steps.add(what);
          }
        };
    try (Compute compute = Compute.create(1, MixedPrecision.Mode.AUTO)) {
      PlanReport report = Compressor.estimate(CompressWords.read(all), compute, listener);
      assertTrue(steps.stream().noneMatch(step -> step.contains("measuring")), steps.toString());
      return new Told(report);
    }
  }

  @Test
  void aBudgetIsEstimatedFromBelowAndSaidToBe() {
    PlanReport.Totals bits = estimate("--target-bits=4.9", "--group-size=8").report().totals();
    assertTrue(bits.bitsPerWeight() <= 4.9 && bits.bitsPerWeight() > 4.8, bits.toString());

    Told zeros = estimate("--target-sparsity=0.5");
    // Of 16 columns as many are kept at 50 and 55 %.
    assertEquals(0.5, zeros.report().totals().sparsity(), 0.05);
    assertTrue(zeros.report().estimates().getFirst().startsWith("estimated: the budget is shared"));
  }

  @Test
  void measuringIsCountedWhereItIsLeftOut() {
    Told estimated = estimate("--target-bits=4.9", "--group-size=8");
    Told plain = estimate("--bits=4", "--group-size=8");
    assertEquals(0, plain.report().totals().measureFlops());
    assertEquals(List.of(), plain.report().estimates());
    assertTrue(estimated.work() > 2 * plain.work(), estimated + " " + plain);
    // A block is run while its layers are at hand.
    assertTrue(
        estimated.report().totals().memoryBytes() > plain.report().totals().memoryBytes(),
        estimated.toString());
  }

  @Test
  void aBudgetThatNoChoiceCanKeepIsRefusedWithoutMeasuring() {
    String message =
        assertThrows(AwpException.class, () -> estimate("--target-size=1KB")).getMessage();
    assertTrue(message.startsWith("--target-size 1000: the smallest size"), message);
  }

  @Test
  void memoryIsThatOfTheLargestShapeAndOfMakingIt() {
    PlanReport pruned = estimate("--prune-width=0.25", "--bits=4", "--group-size=8").report();
    assertTrue(
        pruned.estimates().getFirst().startsWith("estimated: which of 2 shapes"),
        pruned.estimates().toString());
    for (String shape : List.of("--prune-neurons=0.3333", "--prune-groups=0.5")) {
      PlanReport one = estimate(shape, "--bits=4", "--group-size=8").report();
      assertTrue(pruned.totals().memoryBytes() >= one.totals().memoryBytes(), shape);
      assertEquals(List.of(), one.estimates());
    }
  }

  @Test
  void removingStructureIsWork() {
    Told plain = estimate("--bits=4", "--group-size=8");
    Told blocks = estimate("--prune-blocks=1", "--bits=4", "--group-size=8");
    Told more = estimate("--prune-blocks=2", "--bits=4", "--group-size=8");
    assertEquals(0, plain.report().totals().measureFlops());
    assertTrue(blocks.report().totals().measureFlops() > 0, blocks.toString());
    assertTrue(
        more.report().totals().measureFlops() > blocks.report().totals().measureFlops(),
        more.toString());
    assertTrue(
        blocks.report().estimates().getFirst().startsWith("estimated: which blocks go"),
        blocks.toString());
    // What is removed is not solved.
    assertTrue(blocks.report().totals().solveFlops() < plain.report().totals().solveFlops());
  }

  @Test
  void whatMakesVectorsOfTokensIsCounted() throws IOException {
    int width = 32;
    // Four blocks have a gate, an output, and their part of what makes all vectors.
    double more = 3.0 * 4 * width * 64;
    assertEquals(2 * 7 * more, forward(width) - forward(0));
  }

  /** Flops of seven tokens. */
  private static double forward(int width) throws IOException {
    String config =
        LlamaCppArchitectures.config("gemma4-per-layer")
            .put("hidden_size_per_layer_input", width)
            .toString();
    Path file = Files.writeString(folder.resolve("config.json"), config);
    return WorkEstimate.forward(ModelLayout.of(ModelConfigReader.read(file)), 7, 7);
  }
}
