// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.checkpoint.Checkpoint;
import dev.awp.checkpoint.registry.Checkpoints;
import dev.awp.disk.Folders;
import dev.awp.fixture.GeneratedArchitectures;
import dev.awp.fixture.GeneratedCheckpoint;
import dev.awp.fixture.ParsedPage;
import dev.awp.fixture.Terminal;
import dev.awp.report.ComparisonReport;
import dev.awp.report.LayerReport;
import dev.awp.report.ReportFile;
import dev.awp.report.page.ComparisonFiles;
import dev.awp.safetensors.CheckpointWriter;
import dev.awp.stored.StoredTensor;
import dev.awp.stored.TensorSpec;
import dev.awp.tensor.DType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The comparison as a person runs it, interrupts it and runs it again. */
class CompareCommandTest {
  @TempDir private Path folder;
  private Path model;
  private Path text;
  private Path output;
  private final Terminal awp = new Terminal();

  @BeforeEach
  void generate() throws IOException {
    model = folder.resolve("model");
    output = folder.resolve("comparison");
    new GeneratedCheckpoint(2, 16, 24, 2, 1, DType.BF16).write(model);
    text =
        Files.writeString(folder.resolve("text.txt"), "A text of some words, again. ".repeat(99));
  }

  private Terminal compare(String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "compare",
                model.toString(),
                "--output",
                output.toString(),
                "--calibration",
                text.toString(),
                "--evaluate",
                text.toString(),
                "--sequence-length",
                "32",
                "--quiet"));
    arguments.addAll(List.of(more));
    return awp.run(arguments);
  }

  private ComparisonReport report() {
    return ReportFile.readJson(output.resolve(ComparisonFiles.JSON), ComparisonReport.class);
  }

  @Test
  void everyMethodHasItsCell() throws Exception {
    compare("--sparsity", "0.5,2:4", "--bits", "3", "--joint", "0.5+4", "--group-size", "8")
        .assertExit(0);
    ComparisonReport report = report();
    List<String> pruning =
        report.cells().stream()
            .filter(cell -> cell.constraint().equals("2:4 sparse"))
            .map(ComparisonReport.Cell::method)
            .toList();
    assertTrue(
        pruning.containsAll(List.of("admm", "alps", "magnitude", "pgd", "sparsegpt", "wanda")));
    for (ComparisonReport.Cell cell : report.cells()) {
      assertEquals(14, cell.layers().size());
      assertEquals(1, cell.perplexity().size());
      double mean =
          cell.layers().stream().mapToDouble(LayerReport::relativeError).average().orElseThrow();
      assertEquals(mean, cell.summary().meanRelativeError(), 1e-12);
      awp.assertOut(cell.method());
    }
    List<String> csv = Files.readAllLines(output.resolve(ComparisonFiles.CSV));
    assertEquals(report.cells().size() + 1, csv.size());
    long whole = report.model().bytes();
    try (Checkpoint checkpoint = Checkpoints.open(model)) {
      long tensors = checkpoint.tensors().stream().mapToLong(StoredTensor::byteSize).sum();
      assertEquals(tensors, whole);
      boolean head = checkpoint.contains("lm_head.weight");
      long embedding = checkpoint.tensor("model.embed_tokens.weight").byteSize();
      assertEquals(head ? tensors - embedding : tensors, report.model().bytesPerToken());
    }
    for (ComparisonReport.Cell cell : report.cells()) {
      boolean packed = cell.constraint().contains("bit");
      assertTrue(packed ? cell.size().bytes() < whole : cell.size().bytes() == whole);
      assertTrue(cell.size().bytesPerToken() <= cell.size().bytes());
    }
    ParsedPage page = ParsedPage.of(Files.readString(output.resolve(ComparisonFiles.PAGE)));
    assertEquals(report.cells().size() + 1, page.figures("divergence-0.csv").size());
    assertEquals(2 * report.cells().size(), page.figures("blocks.csv").size());
    // A reader that this project did not write finds as many curves as there are cells.
    int curves =
        DocumentBuilderFactory.newDefaultInstance()
            .newDocumentBuilder()
            .parse(output.resolve(ComparisonFiles.PLOT).toFile())
            .getElementsByTagName("polyline")
            .getLength();
    assertEquals(report.cells().size(), curves);
    try (Stream<Path> content = Files.list(output)) {
      assertFalse(content.anyMatch(path -> path.toString().contains("partial")));
    }
  }

  @Test
  void widthsAreComparedByEveryWayToChooseThem() throws IOException {
    compare("--prune-width", "0.3").assertExit(0);
    List<ComparisonReport.Cell> cells = report().cells();
    assertEquals(
        List.of("least-squares", "magnitude", "wanda-sp"),
        cells.stream().map(ComparisonReport.Cell::method).toList());
    for (ComparisonReport.Cell cell : cells) {
      assertEquals("30.0 % fewer neurons and heads", cell.constraint());
      assertTrue(cell.size().bytes() < report().model().bytes());
      assertTrue(cell.summary().meanRelativeError() > 0);
      assertTrue(cell.perplexity().getFirst().divergence().isMeasured());
    }
    try (Stream<Path> content = Files.list(output)) {
      assertFalse(content.anyMatch(path -> path.toString().contains("pruned")));
    }
    compare("--prune-width", "0.3", "--sparsity", "0.5", "--methods", "wanda").assertExit(0);
    assertEquals(4, report().cells().size());
    compare("--prune-width", "0.99").assertExit(1);
    awp.assertErr("no number of key/value heads");
  }

  @Test
  void expertsAreComparedByEveryWayToChooseThem() throws IOException {
    Folders.delete(model);
    GeneratedArchitectures.write(model, "mixtral", DType.BF16);
    compare("--prune-experts", "0.4,1").assertExit(0);
    List<ComparisonReport.Cell> cells = report().cells();
    assertEquals(
        List.of("reap", "tokens", "reap", "tokens"),
        cells.stream().map(ComparisonReport.Cell::method).toList());
    assertEquals(
        List.of("40.0 % fewer experts", "1 fewer experts"),
        cells.stream().map(ComparisonReport.Cell::constraint).distinct().toList());
    for (ComparisonReport.Cell cell : cells) {
      assertTrue(cell.size().bytes() < report().model().bytes());
      assertTrue(cell.summary().meanRelativeError() > 0);
      assertTrue(cell.perplexity().getFirst().divergence().isMeasured());
    }
    compare("--prune-experts", "40").assertExit(1);
    awp.assertErr("would stay, and every token is sent to");
  }

  @Test
  void finishedCellsAreKeptAndMissingOnesMade() throws IOException {
    compare("--sparsity", "0.5", "--methods", "wanda,admm").assertExit(0);
    ComparisonReport before = report();
    Path cells = output.resolve("cells");
    Files.delete(cells.resolve("50-sparse-admm.json"));
    Path kept = cells.resolve("50-sparse-wanda.json");
    Files.writeString(kept, Files.readString(kept).replace("\"wanda\"", "\"kept\""));
    compare("--sparsity", "0.5", "--methods", "wanda,admm").assertExit(0);
    ComparisonReport after = report();
    assertEquals("kept", after.cells().getFirst().method());
    assertEquals(
        before.cells().getLast().summary().meanRelativeError(),
        after.cells().getLast().summary().meanRelativeError());
    assertEquals(before.cells().getLast().perplexity(), after.cells().getLast().perplexity());
    compare("--sparsity", "0.5", "--seed", "1").assertExit(1);
    awp.assertErr("has seed 0, not 1");
  }

  /** Moments of another kind are not misread, and not thrown away either. */
  @Test
  void statisticsOfAnOlderProgramAreRefused() throws IOException {
    Path statistics = output.resolve("statistics");
    compare("--sparsity", "0.5", "--methods", "wanda").assertExit(0);
    ComparisonReport before = report();
    Folders.delete(statistics);
    List<TensorSpec> old = List.of(new TensorSpec("block.0.mlp_input", DType.F32, List.of(1L, 1L)));
    try (CheckpointWriter writer = CheckpointWriter.create(statistics, old, Long.MAX_VALUE)) {
      writer.write("block.0.mlp_input", MemorySegment.ofArray(new byte[4]));
      writer.commit();
    }
    compare("--sparsity", "0.5", "--methods", "wanda,magnitude").assertExit(1);
    awp.assertErr("there is no statistics.json: an older awp wrote this folder")
        .assertErr("remove that folder, and it is made anew");
    Folders.delete(statistics);
    compare("--sparsity", "0.5", "--methods", "wanda").assertExit(0);
    assertEquals(
        before.cells().getFirst().summary().meanRelativeError(),
        report().cells().getFirst().summary().meanRelativeError());
  }

  @Test
  void autoIsTheBestSolverOfTheConstraint() {
    compare("--sparsity", "0.5", "--bits", "4", "--methods", "auto").assertExit(0);
    assertEquals(
        List.of("admm", "cd"),
        report().cells().stream().map(ComparisonReport.Cell::method).toList());
  }

  @Test
  void whatCannotBeComparedIsRefused() throws IOException {
    compare().assertExit(2);
    awp.assertErr("say what to compare");
    compare("--joint", "0.5").assertExit(2);
    awp.assertErr("such as 0.5+4");
    compare("--bits", "4", "--methods", "wanda").assertExit(1);
    awp.assertErr("none of the methods [wanda] can serve");
    compare("--bits", "4", "--methods", "x").assertExit(2);
    awp.assertErr("there is no solver x");
    compare("--bits", "5").assertExit(2);
    awp.assertErr("2, 3, 4 or 8 bits, not 5");
    assertFalse(Files.exists(output));
    Files.createDirectories(output);
    Files.writeString(output.resolve("notes.txt"), "mine");
    compare("--bits", "4").assertExit(1);
    awp.assertErr("something other than a comparison");
  }
}
