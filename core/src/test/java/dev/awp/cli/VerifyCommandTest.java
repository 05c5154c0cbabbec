// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.fixture.GeneratedCheckpoint;
import dev.awp.fixture.Terminal;
import dev.awp.report.ReportFile;
import dev.awp.report.ReportSeal;
import dev.awp.tensor.DType;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What verify finds in folders that are as they were written, and in folders that are not. */
class VerifyCommandTest {
  @TempDir private Path folder;
  private Path out;
  private final Terminal awp = new Terminal();

  @BeforeEach
  void generate() throws IOException {
    new GeneratedCheckpoint(1, 32, 64, 2, 1, DType.BF16).write(folder.resolve("model"));
    Files.writeString(folder.resolve("text.txt"), "A text of some words, again. ".repeat(40));
    out = folder.resolve("out");
  }

  private void compress(String... constraint) {
    List<String> arguments =
        new ArrayList<>(List.of("compress", folder + "/model", out.toString()));
    arguments.addAll(List.of(constraint));
    arguments.addAll(
        List.of("--calibration", folder + "/text.txt", "--sequence-length", "32", "--quiet"));
    awp.run(arguments).assertExit(0);
  }

  private Terminal verify() {
    return awp.run("verify", out.toString(), "--quiet");
  }

  /** Exit code 1, and one line for each of these. */
  private void assertViolations(String... rules) {
    List<String> lines = verify().assertExit(1).out().lines().toList();
    assertEquals(rules.length, lines.size(), awp.toString());
    for (int i = 0; i < rules.length; i++) {
      assertTrue(lines.get(i).contains(rules[i]), awp.toString());
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
      verify().assertExit(0);
      awp.assertOut(i == 3 ? "14 layers are as" : "7 layers are as");
    }
  }

  @Test
  void ggufFilesAreDecodedForTheirMasks() throws IOException {
    compress("--sparsity", "0.5", "--format", "gguf");
    verify().assertExit(0);
    awp.assertOut("7 layers are as");
    Path report = out.resolve(ReportFile.NAME);
    String words = Files.readString(report);
    writeSealed(report, words.replace("\"sparsity\" : \"0.5\"", "\"sparsity\" : \"2:4\""));
    verify().assertExit(1);
    assertEquals(7, awp.out().lines().count(), awp.toString());
    writeSealed(report, words.replace("layers.0.mlp.up_proj", "layers.1.mlp.up_proj"));
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
      verify().assertExit(0);
      Path report = out.resolve(ReportFile.NAME);
      String other = told[i].replaceFirst(": .*", ": \"F32\"");
      writeSealed(report, Files.readString(report).replace(told[i], other));
      verify().assertExit(1).assertOut(", not F32 as report.json says");
      assertEquals(7, awp.out().lines().count(), awp.toString());
    }
  }

  /** As one who changes a report and its checksum too. */
  private static void writeSealed(Path report, String words) throws IOException {
    String open = words.replaceFirst(",\\s*\"" + ReportSeal.KEY + "\" : \"[^\"]*\"", "");
    Files.writeString(report, ReportSeal.seal(open));
  }

  /** Among them those of errors, which nothing else says, and of the checksum itself. */
  @Test
  void everyFlippedBitOfTheReportIsTold() throws IOException {
    compress("--sparsity", "0.5");
    Path report = out.resolve(ReportFile.NAME);
    byte[] whole = Files.readAllBytes(report);
    assertTrue(ReportSeal.isWhole(whole));
    for (int i = 0; i < whole.length; i += i < whole.length - 100 ? 13 : 1) {
      byte[] flipped = whole.clone();
      flipped[i] ^= (byte) (1 << (i % 8));
      assertFalse(ReportSeal.isWhole(flipped), "byte " + i);
    }
    String words = new String(whole, StandardCharsets.UTF_8);
    Matcher error = Pattern.compile("\"relativeError\" : 0\\.(\\d)").matcher(words);
    assertTrue(error.find());
    char other = error.group(1).equals("1") ? '2' : '1';
    Files.writeString(
        report, words.substring(0, error.start(1)) + other + words.substring(error.end(1)));
    assertViolations("report.json: its own SHA-256");
    Files.writeString(report, words.replace(ReportSeal.KEY, "x"));
    verify().assertExit(1);
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
    writeSealed(report, words.replace("\"sparsity\" : \"0.5\"", "\"sparsity\" : \"0.75\""));
    verify().assertExit(1);
    assertEquals(7, awp.out().lines().count(), awp.toString());
    awp.assertOut("non-zeros where 8 of 32 are allowed");
  }

  @Test
  void hostileReportsNameNothingOutside() throws IOException {
    compress("--sparsity", "0.5");
    Path report = out.resolve(ReportFile.NAME);
    String words = Files.readString(report);
    writeSealed(report, words.replace("\"config.json\" : {", "\"../model/config.json\" : {"));
    assertViolations("../model/config.json: is missing", "config.json: is not in report.json");
    Files.writeString(report, "{\"layers\":[]}");
    verify().assertExit(1);
    assertTrue(awp.err().startsWith("awp: "), awp.toString());
    Files.delete(report);
    verify().assertExit(1);
    awp.assertErr("report.json: the file is missing");
  }
}
