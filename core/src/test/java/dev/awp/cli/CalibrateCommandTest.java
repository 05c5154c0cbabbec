// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.calibration.saved.MomentsManifest;
import dev.awp.calibration.saved.MomentsManifest.Kind;
import dev.awp.disk.Folders;
import dev.awp.fixture.GeneratedCheckpoint;
import dev.awp.fixture.Terminal;
import dev.awp.report.ComparisonReport;
import dev.awp.report.LayerReport;
import dev.awp.report.ReportFile;
import dev.awp.report.RunReport;
import dev.awp.report.page.ComparisonFiles;
import dev.awp.tensor.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Statistics that are taken once, by themselves, and used by many runs. */
class CalibrateCommandTest {
  @TempDir private Path folder;
  private Path model;
  private Path text;
  private Path statistics;
  private final Terminal awp = new Terminal();

  @BeforeEach
  void generate() throws IOException {
    model = folder.resolve("model");
    new GeneratedCheckpoint(2, 32, 64, 2, 1, DType.BF16).write(model);
    text =
        Files.writeString(folder.resolve("text.txt"), "A text of some words, again. ".repeat(99));
    statistics = folder.resolve("statistics");
  }

  private Terminal run(String command, Path output, String... more) {
    List<String> arguments = new ArrayList<>(List.of(command, "" + model, "" + output, "-q"));
    arguments.addAll(List.of(more));
    return awp.run(arguments);
  }

  private Terminal calibrate(Path output, String... more) {
    List<String> arguments = new ArrayList<>(List.of("--calibration=" + text));
    arguments.add("--sequence-length=32");
    arguments.addAll(List.of(more));
    return run("calibrate", output, arguments.toArray(String[]::new));
  }

  private Terminal compress(String output, String... more) {
    return run("compress", folder.resolve(output), more);
  }

  @Test
  void aLimitThatIsTooSmallIsToldTheSmallestThatWillDo() {
    calibrate(statistics, "--memory-limit=1MB")
        .assertRefused("--memory-limit 1MB: the smallest limit that will do for this model is ");
    String enough = awp.err().strip().replaceAll(".* ", "");
    calibrate(statistics, "--memory-limit=" + enough, "--dry-run").assertExit(0);
    assertFalse(Files.exists(statistics));
  }

  /** Every family of solvers, dense and packed, without a text. */
  @Test
  void theBytesAreThoseOfRunsThatCalibrate() throws IOException {
    calibrate(statistics).assertExit(0).assertOut("windows 0 to 92 of seed 0");
    for (String recipe :
        List.of(
            "--sparsity=0.5",
            "--sparsity=0.5 --solver=wanda",
            "--sparsity=2:4 --solver=sparsegpt",
            "--sparsity=0.5 --solver=alps",
            "--sparsity=0.5 --solver=pgd",
            "--bits=4 --group-size=16 --lm-head",
            "--bits=3 --group-size=16 --solver=gptq",
            "--bits=4 --group-size=16 --solver=awq",
            "--bits=4 --group-size=16 --sparsity=0.5",
            "--gguf-type=Q4_0 --format=gguf",
            "--bits=4 --group-size=32 --format=compressed-tensors")) {
      List<String> words = List.of(recipe.split(" "));
      List<String> plain = new ArrayList<>(words);
      plain.addAll(List.of("--propagate=dense", "--calibration=" + text, "--sequence-length=32"));
      List<String> saved = new ArrayList<>(words);
      saved.add("--statistics=" + statistics);
      compress("plain", plain.toArray(String[]::new)).assertExit(0);
      compress("saved", saved.toArray(String[]::new)).assertExit(0);
      assertSameFiles(recipe);
      Folders.delete(folder.resolve("plain"));
      Folders.delete(folder.resolve("saved"));
    }
  }

  private void assertSameFiles(String recipe) throws IOException {
    RunReport plain = ReportFile.read(folder.resolve("plain"));
    RunReport saved = ReportFile.read(folder.resolve("saved"));
    assertEquals(plain.files(), saved.files(), recipe);
    assertEquals("statistics", saved.options().get("statistics"));
    assertEquals("windows 0 to 92 of seed 0", saved.options().get("statisticsOf"));
    assertFalse(saved.options().containsKey("calibration"), recipe);
    assertTrue(saved.inputs().containsKey("statistics"), recipe);
    assertEquals(
        plain.layers().stream().map(LayerReport::objective).toList(),
        saved.layers().stream().map(LayerReport::objective).toList());
  }

  /** The parts go through the model in the groups of the whole, so that their sums are its. */
  @Test
  void partsAddUpToTheWhole() throws IOException {
    calibrate(statistics).assertExit(0);
    calibrate(folder.resolve("a"), "--part=1/2").assertExit(0).assertOut("windows 0 to 64");
    calibrate(folder.resolve("b"), "--part=2/2").assertExit(0).assertOut("windows 64 to 92");
    Path sum = folder.resolve("sum");
    add("b", "a", "sum").assertExit(0).assertOut("no addition was rounded");
    MomentsManifest whole = MomentsManifest.read(statistics);
    assertEquals(whole, MomentsManifest.read(sum));
    for (String name : whole.files().keySet()) {
      assertEquals(-1, Files.mismatch(statistics.resolve(name), sum.resolve(name)), name);
    }
    awp.run("statistics", "show", "" + sum).assertExit(0).assertOut("from: awp ");
    add("a", "a", "twice").assertRefused("may overlap");
    calibrate(folder.resolve("c"), "--part=1/3")
        .assertRefused("92 windows of 32 tokens go through the model in groups of 64: at most 2");
    calibrate(folder.resolve("c"), "--part=3/2").assertMisuse("no part such as 3/8");
    add("a", "sum").assertMisuse("two folders to read and one to write are needed");
    assertFalse(Files.exists(folder.resolve("c")));
  }

  private Terminal add(String... folders) {
    List<String> words = new ArrayList<>(List.of("statistics", "add", "-q"));
    List.of(folders).forEach(name -> words.add("" + folder.resolve(name)));
    return awp.run(words);
  }

  @Test
  void aComparisonOnThemHasTheCellsOfOneThatCalibrates() throws IOException {
    calibrate(statistics).assertExit(0);
    List<String> common = List.of("compare", "" + model, "--sparsity=0.5", "--bits=4");
    List<String> own = new ArrayList<>(common);
    own.addAll(List.of("--group-size=16", "--methods=wanda,admm,cd,gptq", "--evaluate=" + text));
    own.addAll(List.of("--evaluate-length=32", "-q"));
    List<String> given = new ArrayList<>(own);
    own.addAll(List.of("--calibration=" + text, "--sequence-length=32"));
    own.add("--output=" + folder.resolve("own"));
    given.addAll(List.of("--statistics=" + statistics, "--output=" + folder.resolve("given")));
    awp.run(own).assertExit(0);
    awp.run(given).assertExit(0);
    assertFalse(Files.exists(folder.resolve("given/statistics")));
    ComparisonReport one = comparison("own");
    ComparisonReport other = comparison("given");
    assertEquals(4, one.cells().size());
    for (int i = 0; i < one.cells().size(); i++) {
      ComparisonReport.Cell cell = one.cells().get(i);
      ComparisonReport.Cell same = other.cells().get(i);
      assertEquals(cell.method(), same.method());
      assertEquals(cell.perplexity(), same.perplexity());
      assertEquals(
          cell.layers().stream().map(LayerReport::objective).toList(),
          same.layers().stream().map(LayerReport::objective).toList());
    }
    assertEquals("windows 0 to 92 of seed 0", other.options().get("statisticsOf"));
  }

  private ComparisonReport comparison(String name) {
    return ReportFile.readJson(
        folder.resolve(name).resolve(ComparisonFiles.JSON), ComparisonReport.class);
  }

  @Test
  void whatWillBeDoneIsToldAndNothingWritten() {
    calibrate(statistics, "--dry-run")
        .assertExit(0)
        .assertOut("92 windows of 32 tokens")
        .assertOut("for the statistics of 9 sites")
        .assertOut("there is room for");
    assertFalse(Files.exists(statistics));
    calibrate(statistics, "--dry-run", "--restart").assertMisuse("--restart is for a calibration");
  }

  @Test
  void whatCannotBeCalibratedIsRefused() throws IOException {
    run("calibrate", statistics).assertMisuse("a text to calibrate on is missing");
    calibrate(model.resolve("inside")).assertRefused("must lie outside the model folder");
    Files.createDirectory(statistics);
    Files.writeString(statistics.resolve("file"), "");
    calibrate(statistics).assertRefused("the output folder is not empty");
  }

  @Test
  void anotherModelAndTextsOfNoUseAreRefused() throws IOException {
    calibrate(statistics).assertExit(0);
    String given = "--statistics=" + statistics;
    compress("out", "--sparsity=0.5", given, "--seed=3")
        .assertMisuse("the windows are those of --statistics");
    compress("out", "--sparsity=0.5", given, "--propagate=compressed")
        .assertMisuse("--statistics needs --propagate dense");
    compress("out", "--target-bits=3.5", "--group-size=16", given)
        .assertRefused("the budget is shared by what errors do to the model on texts");
    new GeneratedCheckpoint(2, 32, 64, 2, 1, DType.F16).write(folder.resolve("other"));
    model = folder.resolve("other");
    compress("out", "--sparsity=0.5", given)
        .assertRefused("the moments are those of another model");
    assertFalse(Files.exists(folder.resolve("out.partial")));
  }

  /** A changed byte is found when its block's turn comes, and not used. */
  @Test
  void aChangedFileIsRefusedAndTheRunGoesOnWhenItIsBack() throws IOException {
    calibrate(statistics).assertExit(0);
    Path file = statistics.resolve("block-00001.safetensors");
    byte[] good = Files.readAllBytes(file);
    byte[] changed = good.clone();
    changed[changed.length - 9] ^= 1;
    Files.write(file, changed);
    String given = "--statistics=" + statistics;
    compress("out", "--sparsity=0.5", given)
        .assertRefused("block-00001.safetensors: is not what statistics.json says");
    Files.write(file, good);
    compress("out", "--sparsity=0.5", given).assertExit(0);
  }

  @ParameterizedTest
  @ValueSource(strings = {"wanda", "alps", "admm", "pgd"})
  void onAnImatrixPruningIsWandas(String solver) throws IOException {
    calibrate(statistics).assertExit(0);
    Path imatrix = folder.resolve("imatrix.gguf");
    Path diagonals = folder.resolve("diagonals");
    awp.run("statistics", "export", "" + model, "" + statistics, "" + imatrix)
        .assertExit(0)
        .assertOut("15 entries");
    awp.run("statistics", "import", "" + model, "" + imatrix, "" + diagonals)
        .assertExit(0)
        .assertErr("how inputs go together is lost");
    assertEquals(Kind.DIAGONALS, MomentsManifest.read(diagonals).kind());
    compress("full", "--sparsity=0.5", "--solver=wanda", "--statistics=" + statistics)
        .assertExit(0);
    compress("out", "--sparsity=0.5", "--solver=" + solver, "--statistics=" + diagonals)
        .assertExit(0);
    RunReport report = ReportFile.read(folder.resolve("out"));
    assertTrue(report.warnings().stream().anyMatch(warning -> warning.contains("diagonal of C")));
    // Without what inputs have in common, the best mask is Wanda's, and no weight changes.
    assertArrayEquals(
        Files.readAllBytes(folder.resolve("full/model.safetensors")),
        Files.readAllBytes(folder.resolve("out/model.safetensors")),
        solver);
    awp.run("statistics", "add", "" + diagonals, "" + statistics, "" + folder.resolve("sum"), "-q")
        .assertRefused("cannot be added: it holds diagonals from an imatrix");
    Map<String, Object> options = report.options();
    assertEquals("DIAGONALS", options.get("statisticsKind"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--sparsity=0.5 --solver=sparsegpt",
        "--bits=4 --solver=cd",
        "--bits=4 --solver=gptq"
      })
  void anImatrixServesOtherSolvers(String words) throws IOException {
    calibrate(statistics).assertExit(0);
    Path imatrix = folder.resolve("imatrix.gguf");
    Path diagonals = folder.resolve("diagonals");
    awp.run("statistics", "export", "" + model, "" + statistics, "" + imatrix).assertExit(0);
    awp.run("statistics", "import", "" + model, "" + imatrix, "" + diagonals).assertExit(0);
    List<String> typed = new ArrayList<>(List.of(words.split(" ")));
    typed.add("--statistics=" + diagonals);
    compress("out", typed.toArray(String[]::new)).assertExit(0);
  }

  @Test
  void whatIsNoImatrixIsRefused() throws IOException {
    Path other = Files.writeString(folder.resolve("other.gguf"), "GGUG, surely no such file");
    Path out = folder.resolve("out");
    awp.run("statistics", "import", "" + model, "" + other, "" + out)
        .assertRefused("not a GGUF file");
    run("convert", folder.resolve("model.gguf")).assertExit(0);
    awp.run("statistics", "import", "" + model, "" + folder.resolve("model.gguf"), "" + out)
        .assertRefused("is no imatrix: general.type is not 'imatrix'");
    awp.run("statistics", "export", "" + model, "" + out, "" + folder.resolve("imatrix.dat"))
        .assertRefused("the name of an importance matrix ends in .gguf");
    awp.run("statistics").assertMisuse("say what: show, add, import or export");
    assertFalse(Files.exists(out));
  }
}
