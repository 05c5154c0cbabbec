// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.fixture.GgufModels;
import dev.awp.fixture.Terminal;
import dev.awp.report.ReportFile;
import dev.awp.report.RunReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Grids where nothing is said of them: groups as large as widths and formats allow, zero points
 * where readers take them.
 */
class GridDefaultsTest {
  @TempDir private Path folder;

  private Path text;

  @BeforeEach
  void writeText() throws IOException {
    text = Files.writeString(folder.resolve("text.txt"), "Some words to calibrate on. ".repeat(40));
  }

  private RunReport compress(int hidden, int inner, String... more) throws IOException {
    Path model = folder.resolve("model");
    GgufModels.writeFolder(model, 1, hidden, inner);
    List<String> typed =
        new ArrayList<>(
            List.of(
                "compress",
                "" + model,
                folder + "/out",
                "--calibration=" + text,
                "--sequences=1",
                "--sequence-length=32",
                "--solver=rtn",
                "--bits=4",
                "-q"));
    typed.addAll(List.of(more));
    Terminal terminal = new Terminal().run(typed);
    assertEquals(0, terminal.exitCode(), terminal.err());
    return ReportFile.read(folder.resolve("out"));
  }

  private static long warnings(RunReport report) {
    return report.warnings().stream().filter(warning -> warning.startsWith("groups")).count();
  }

  @ParameterizedTest
  @CsvSource({
    "gptq, 128, 256, 128",
    "gptq, 64, 192, 64",
    "gptq, 64, 96, 32",
    "compressed-tensors, 64, 192, 64",
    "awq, 64, 192, 64",
    "dense, 64, 96, 128",
  })
  void packedFormatsGetTheLargestGroupsThatAreWhole(
      String format, int hidden, int inner, int columns) throws IOException {
    RunReport report = compress(hidden, inner, "--format=" + format);
    assertEquals(columns, report.options().get("groupSize"));
    assertEquals(columns == 128 ? 0 : 1, warnings(report));
  }

  @Test
  void theWarningNamesTheWidths() throws IOException {
    assertTrue(
        compress(64, 192, "--format=gptq")
            .warnings()
            .contains(
                "groups have 64 columns: layers of 64, 192 have no whole groups of 128"
                    + " (--group-size says otherwise)"));
  }

  @Test
  void aDryRunTellsItToo() throws IOException {
    Path model = folder.resolve("model");
    GgufModels.writeFolder(model, 1, 64, 192);
    Terminal terminal =
        new Terminal()
            .run(
                "compress",
                "" + model,
                folder + "/out",
                "--calibration=" + text,
                "--sequences=1",
                "--sequence-length=32",
                "--format=gptq",
                "--dry-run",
                "--json",
                "-q")
            .assertExit(0);
    assertTrue(terminal.out().contains("\"groups have 64 columns"), terminal.out());
  }

  @Test
  void whatIsAskedForIsTaken() throws IOException {
    RunReport report = compress(64, 192, "--format=gptq", "--group-size=32");
    assertEquals(32, report.options().get("groupSize"));
    assertEquals(0, warnings(report));
  }

  @ParameterizedTest
  @CsvSource({
    "compressed-tensors, true, 1",
    "'dense,compressed-tensors', true, 1",
    "gptq, false, 0",
    "dense, false, 0"
  })
  void gridsAreSymmetricWhereAReaderTakesNoOthers(String formats, boolean symmetric, int told)
      throws IOException {
    RunReport report = compress(64, 128, "--format=" + formats, "--group-size=32");
    assertEquals(symmetric, report.options().get("symmetric"));
    assertEquals(symmetric, report.layers().getFirst().constraint().endsWith(", symmetric"));
    long sentences =
        report.warnings().stream()
            .filter(
                warning ->
                    warning.startsWith("grids are symmetric: transformers")
                        && warning.endsWith("(--no-symmetric says otherwise)"))
            .count();
    assertEquals(told, sentences, report.warnings()::toString);
  }

  @ParameterizedTest
  @CsvSource({"--symmetric, true, 0", "--no-symmetric, false, 1"})
  void whatIsSaidOfZeroPointsIsTaken(String said, boolean symmetric, int told) throws IOException {
    RunReport report = compress(64, 128, "--format=compressed-tensors", "--group-size=32", said);
    assertEquals(symmetric, report.options().get("symmetric"));
    assertEquals(told, report.warnings().size(), report.warnings()::toString);
    assertEquals(
        told,
        report.warnings().stream().filter(w -> w.contains("dequantize=True")).count(),
        report.warnings()::toString);
  }

  @Test
  void recipesAndRulesSayItToo() throws IOException {
    Path recipe =
        Files.writeString(
            folder.resolve("recipe.yaml"),
            "symmetric: false\nlayers:\n- {match: down_proj, symmetric: true}\n");
    RunReport report =
        compress(64, 128, "--format=compressed-tensors", "--group-size=32", "--recipe=" + recipe);
    assertEquals("4 bit, groups of 32", report.layers().getFirst().constraint());
    assertEquals("4 bit, groups of 32, symmetric", report.layers().getLast().constraint());
  }
}
