// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.awp.fixture.ByteTokenizerJson;
import dev.awp.fixture.GeneratedArchitectures;
import dev.awp.fixture.GeneratedCheckpoint;
import dev.awp.fixture.SyntheticWeights;
import dev.awp.report.LayerReport;
import dev.awp.report.ReportFile;
import dev.awp.report.RunReport;
import dev.awp.tensor.DType;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A compression on the moments that a comparison saved. */
class StatisticsCommandTest {
  @TempDir private Path folder;
  private Path model;
  private Path text;
  private Path statistics;
  private String length = "32";
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @BeforeEach
  void generate() throws IOException {
    model = folder.resolve("model");
    new GeneratedCheckpoint(2, 16, 24, 2, 1, DType.BF16).write(model);
    text =
        Files.writeString(folder.resolve("text.txt"), "A text of some words, again. ".repeat(99));
    statistics = folder.resolve("comparison").resolve("statistics");
  }

  private int run(String command, String... more) {
    out.getBuffer().setLength(0);
    err.getBuffer().setLength(0);
    List<String> arguments =
        new ArrayList<>(
            List.of(
                command,
                model.toString(),
                "--calibration",
                text.toString(),
                "--sparsity",
                "0.5",
                "--sequence-length",
                length,
                "--quiet"));
    arguments.addAll(List.of(more));
    return Main.execute(
        new PrintWriter(out, true), new PrintWriter(err, true), arguments.toArray(String[]::new));
  }

  private void compare(String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of("--output", folder.resolve("comparison").toString(), "--methods", "wanda"));
    arguments.addAll(List.of("--evaluate", text.toString()));
    arguments.addAll(List.of(more));
    assertEquals(0, run("compare", arguments.toArray(String[]::new)), err.toString());
  }

  private int compress(String output, String... more) {
    List<String> arguments =
        new ArrayList<>(List.of(folder.resolve(output).toString(), "--propagate", "dense"));
    arguments.addAll(List.of(more));
    return run("compress", arguments.toArray(String[]::new));
  }

  private void assertSameAsCalibrated(String... more) throws IOException {
    List<String> with = new ArrayList<>(List.of(more));
    with.addAll(List.of("--statistics", statistics.toString()));
    assertEquals(0, compress("calibrated", more), err.toString());
    assertEquals(0, compress("saved", with.toArray(String[]::new)), err.toString());
    assertArrayEquals(
        Files.readAllBytes(folder.resolve("calibrated/model.safetensors")),
        Files.readAllBytes(folder.resolve("saved/model.safetensors")));
    RunReport calibrated = ReportFile.read(folder.resolve("calibrated"));
    RunReport saved = ReportFile.read(folder.resolve("saved"));
    assertEquals("statistics", saved.options().get("statistics"));
    assertFalse(calibrated.options().containsKey("statistics"));
    assertTrue(saved.inputs().containsKey("statistics"), saved.inputs().toString());
    for (int i = 0; i < saved.layers().size(); i++) {
      LayerReport one = calibrated.layers().get(i);
      LayerReport other = saved.layers().get(i);
      assertEquals(one.name(), other.name());
      assertEquals(one.inputs(), other.inputs());
      assertEquals(one.objective(), other.objective());
    }
    assertEquals(calibrated.perplexity(), saved.perplexity());
  }

  @Test
  void theBytesAreThoseOfARunThatCalibrates() throws IOException {
    compare();
    assertSameAsCalibrated("--evaluate", text.toString());
  }

  /** Experts without tokens of their own, and the head. */
  @Test
  void expertsAndTheHeadAreAmongTheMoments() throws IOException {
    model = folder.resolve("mixture");
    ObjectNode config = GeneratedArchitectures.config("mixtral").put("tie_word_embeddings", false);
    SyntheticWeights.write(model, config.toString(), DType.F32, Long.MAX_VALUE);
    ByteTokenizerJson.write(model.resolve("tokenizer.json"));
    compare("--sequences", "9");
    assertSameAsCalibrated("--lm-head", "--sequences", "9");
  }

  @Test
  void otherInputsThanDenseOnesAreMisuse() {
    String saved = statistics.toString();
    for (List<String> inputs :
        List.of(
            List.of("--propagate", "compressed"),
            List.of("--propagate", "compressed", "--target", "dense"),
            List.of("--target", "propagated"))) {
      List<String> arguments = new ArrayList<>(List.of(folder.resolve("out").toString()));
      arguments.addAll(List.of("--statistics", saved));
      arguments.addAll(inputs);
      assertEquals(2, run("compress", arguments.toArray(String[]::new)));
      assertTrue(
          err.toString().contains("--statistics needs --propagate dense and --target dense"),
          err.toString());
    }
    assertNothingLeft();
  }

  @Test
  void momentsOfSomethingElseAreRefused() throws IOException {
    String saved = statistics.toString();
    assertRefused("statistics: there is no statistics.json", "--statistics", saved);
    compare("--sequences", "12");
    assertRefused(
        "the moments are of windows 0 to 12 of seed 0, not of windows 0 to 11 of seed 0",
        "--sequences",
        "11",
        "--statistics",
        saved);
    assertRefused(
        "the moments are of windows 0 to 12 of seed 0, not of windows 0 to 12 of seed 5",
        "--sequences",
        "12",
        "--seed",
        "5",
        "--statistics",
        saved);
    length = "16";
    assertRefused(
        "the moments are of windows of 32 tokens, not of 16",
        "--sequences",
        "12",
        "--statistics",
        saved);
    length = "32";
    String more =
        Files.writeString(folder.resolve("more.txt"), "Other words. ".repeat(99)).toString();
    assertRefused(
        "the moments are those of other texts",
        "--sequences",
        "12",
        "--calibration",
        more,
        "--statistics",
        saved);
    Path renamed = folder.resolve("renamed.txt");
    Files.move(text, renamed);
    text = renamed;
    assertEquals(0, compress("out", "--sequences", "12", "--statistics", saved), err.toString());
    new GeneratedCheckpoint(2, 16, 24, 2, 1, DType.F16).write(folder.resolve("other"));
    model = folder.resolve("other");
    assertEquals(1, compress("out2", "--sequences", "12", "--statistics", saved));
    assertTrue(err.toString().contains("the moments are those of another model"), err.toString());
  }

  private void assertRefused(String rule, String... more) {
    assertEquals(1, compress("out", more), err.toString());
    assertTrue(err.toString().contains(rule), err.toString());
    assertEquals(1, err.toString().lines().count(), err.toString());
    assertNothingLeft();
  }

  private void assertNothingLeft() {
    assertFalse(Files.exists(folder.resolve("out")));
    assertFalse(Files.exists(folder.resolve("out.partial")));
  }
}
