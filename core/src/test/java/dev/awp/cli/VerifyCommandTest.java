// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.fixture.GeneratedCheckpoint;
import dev.awp.report.ReportFile;
import dev.awp.tensor.DType;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.RandomAccessFile;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What verify finds in folders that are as they were written, and in folders that are not. */
class VerifyCommandTest {
  @TempDir private Path folder;
  private Path out;
  private final StringWriter said = new StringWriter();

  @BeforeEach
  void generate() throws IOException {
    new GeneratedCheckpoint(1, 32, 64, 2, 1, DType.BF16).write(folder.resolve("model"));
    Files.writeString(folder.resolve("text.txt"), "A text of some words, again. ".repeat(40));
    out = folder.resolve("out");
  }

  private int run(String... arguments) {
    said.getBuffer().setLength(0);
    PrintWriter writer = new PrintWriter(said, true);
    return Main.execute(writer, writer, arguments);
  }

  private void compress(String... constraint) {
    List<String> arguments =
        new ArrayList<>(List.of("compress", folder + "/model", out.toString()));
    arguments.addAll(List.of(constraint));
    arguments.addAll(
        List.of("--calibration", folder + "/text.txt", "--sequence-length", "32", "--quiet"));
    assertEquals(0, run(arguments.toArray(String[]::new)), said.toString());
  }

  private int verify() {
    return run("verify", out.toString(), "--quiet");
  }

  /** Exit code 1, and one line for each of these. */
  private void assertViolations(String... rules) {
    assertEquals(1, verify(), said.toString());
    List<String> lines = said.toString().lines().toList();
    assertEquals(rules.length, lines.size(), said.toString());
    for (int i = 0; i < rules.length; i++) {
      assertTrue(lines.get(i).contains(rules[i]), said.toString());
    }
  }

  private static void flip(Path file, long at) throws IOException {
    try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
      bytes.seek(at);
      int value = bytes.read();
      bytes.seek(at);
      bytes.write(value ^ 0x41);
    }
  }

  @Test
  void whatWasWrittenVerifies() throws IOException {
    String[][] constraints = {
      {"--sparsity", "0.3333", "--bits", "4", "--group-size", "16"},
      {"--sparsity", "2:4"},
      {"--bits", "3", "--solver", "awq"},
      {"--bits", "4", "--group-size", "32", "--symmetric", "--format", "dense,compressed-tensors"}
    };
    for (int i = 0; i < constraints.length; i++) {
      out = folder.resolve("out-" + i);
      compress(constraints[i]);
      assertEquals(0, verify(), said.toString());
      assertTrue(
          said.toString().contains(i == 3 ? "14 layers are as" : "7 layers are as"), "" + said);
    }
  }

  @Test
  void ggufFilesAreDecodedForTheirMasks() throws IOException {
    compress("--sparsity", "0.5", "--format", "gguf");
    assertEquals(0, verify(), said.toString());
    assertTrue(said.toString().contains("7 layers are as"), said.toString());
    Path report = out.resolve(ReportFile.NAME);
    String words = Files.readString(report);
    Files.writeString(report, words.replace("\"sparsity\" : \"0.5\"", "\"sparsity\" : \"2:4\""));
    assertEquals(1, verify());
    assertEquals(7, said.toString().lines().count(), said.toString());
    Files.writeString(report, words.replace("layers.0.mlp.up_proj", "layers.1.mlp.up_proj"));
    assertViolations("model.gguf: tensor blk.1.ffn_up.weight is missing");
  }

  @Test
  void ggufLayersOfAnotherTypeThanTheReportSaysAreTold() throws IOException {
    String[][] types = {
      {"--sparsity", "0.5", "--gguf-type", "F16"}, {"--sparsity", "0.5"}, {"--gguf-type", "Q8_0"}
    };
    String[] told = {"\"ggufType\" : \"F16\"", "\"dtype\" : \"BF16\"", "\"blocks\" : \"Q8_0\""};
    for (int i = 0; i < types.length; i++) {
      out = folder.resolve("out-" + i);
      List<String> arguments = new ArrayList<>(List.of("--format", "gguf"));
      arguments.addAll(List.of(types[i]));
      compress(arguments.toArray(String[]::new));
      assertEquals(0, verify(), said.toString());
      Path report = out.resolve(ReportFile.NAME);
      String other = told[i].replaceFirst(": .*", ": \"F32\"");
      Files.writeString(report, Files.readString(report).replace(told[i], other));
      assertEquals(1, verify());
      assertEquals(7, said.toString().lines().count(), said.toString());
      assertTrue(said.toString().contains(", not F32 as report.json says"), said.toString());
    }
  }

  @Test
  void damageIsTold() throws IOException {
    compress("--sparsity", "0.5", "--bits", "4", "--group-size", "16");
    Files.writeString(out.resolve("stray.txt"), "not awp's");
    Files.delete(out.resolve("tokenizer.json"));
    Files.writeString(
        out.resolve("config.json"), Files.readString(out.resolve("config.json")) + " ");
    Path grid = out.resolve("awp/grid.safetensors");
    flip(grid, Files.size(grid) - 1);
    assertViolations(
        "grid.safetensors: its SHA-256 is another",
        "config.json: has ",
        "tokenizer.json: is missing",
        "stray.txt: is not in report.json",
        "is not on its grid");
  }

  @Test
  void masksAreCheckedEvenIfTheChecksumsAgree() throws IOException {
    compress("--sparsity", "0.5");
    Path report = out.resolve(ReportFile.NAME);
    String words = Files.readString(report);
    Files.writeString(report, words.replace("\"sparsity\" : \"0.5\"", "\"sparsity\" : \"0.75\""));
    assertEquals(1, verify());
    assertEquals(7, said.toString().lines().count(), said.toString());
    assertTrue(said.toString().contains("non-zeros where 8 of 32 are allowed"), said.toString());
  }

  @Test
  void hostileReportsNameNothingOutside() throws IOException {
    compress("--sparsity", "0.5");
    Path report = out.resolve(ReportFile.NAME);
    String words = Files.readString(report);
    Files.writeString(report, words.replace("\"config.json\" : {", "\"../model/config.json\" : {"));
    assertViolations("../model/config.json: is missing", "config.json: is not in report.json");
    Files.writeString(report, "{\"layers\":[]}");
    assertEquals(1, verify());
    assertTrue(said.toString().startsWith("awp: "), said.toString());
    Files.delete(report);
    assertEquals(1, verify());
    assertTrue(said.toString().contains("report.json: the file is missing"), said.toString());
  }
}
