// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.fixture.GeneratedCheckpoint;
import dev.awp.gguf.block.BlockType;
import dev.awp.gguf.file.GgufFile;
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

/** {@code --format gguf} as a person types it. */
class GgufCommandTest {
  @TempDir private Path folder;
  private Path model;
  private Path text;
  private Path output;
  private final StringWriter err = new StringWriter();

  @BeforeEach
  void generate() throws IOException {
    model = folder.resolve("model");
    output = folder.resolve("out");
    new GeneratedCheckpoint(1, 64, 44, 4, 2, DType.BF16).write(model);
    text =
        Files.writeString(folder.resolve("text.txt"), "A text of some words, again. ".repeat(99));
  }

  private int compress(String... more) {
    List<String> arguments =
        new ArrayList<>(List.of("compress", model.toString(), output.toString()));
    arguments.addAll(List.of("--calibration", text.toString(), "--sequence-length", "32"));
    arguments.addAll(List.of("--sequences", "8", "--quiet"));
    arguments.addAll(List.of(more));
    err.getBuffer().setLength(0);
    return Main.execute(
        new PrintWriter(new StringWriter(), true),
        new PrintWriter(err, true),
        arguments.toArray(String[]::new));
  }

  @Test
  void helpNamesEveryTypeThatCanBeWritten() {
    StringWriter help = new StringWriter();
    Main.execute(new PrintWriter(help, true), new PrintWriter(err, true), "compress", "--help");
    for (BlockType type : BlockType.values()) {
      assertEquals(type.isWritable(), help.toString().contains(type.name()), type.name());
    }
  }

  @Test
  void aModelAsOneFileWhosePerplexityIsThatOfWhatWasWritten() throws IOException {
    int code = compress("--format", "gguf", "--gguf-type", "Q8_0", "--evaluate", text.toString());
    assertEquals(0, code, err.toString());
    assertTrue(GgufFile.read(output.resolve("model.gguf")).tensors().size() > 10);
    assertFalse(Files.exists(output.resolve("config.json")));
    StringWriter table = new StringWriter();
    PrintWriter printer = new PrintWriter(table, true);
    assertEquals(
        0, Main.execute(printer, new PrintWriter(err, true), "inspect", output.toString()));
    assertTrue(table.toString().contains("blk.0.attn_q"), table.toString());
    assertTrue(table.toString().contains("Q8_0"), table.toString());
    RunReport report = ReportFile.read(output);
    assertEquals("Q8_0", report.options().get("blocks"));
    assertEquals("model.gguf", report.layers().getFirst().file());
    double before = report.perplexity().getFirst().before();
    assertEquals(before, report.perplexity().getFirst().after(), 0.01 * before);
  }

  @Test
  void besideOrdinaryTensorsAndSparse() {
    assertEquals(
        0,
        compress("--format", "gguf,dense", "--gguf-type", "Q4_0", "--sparsity", "2:4"),
        err.toString());
    assertTrue(Files.exists(output.resolve("gguf/model.gguf")));
    assertTrue(Files.exists(output.resolve("dense/model.safetensors")));
    assertFalse(Files.exists(output.resolve("dense/awp/grid.safetensors")));
  }

  @Test
  void whatCannotBeIsRefused() {
    assertEquals(1, compress("--format", "gguf", "--gguf-type", "Q4_K"));
    assertTrue(err.toString().contains("q_proj (64)"), err.toString());
    assertEquals(1, compress("--format", "gguf", "--gguf-type", "Q4_1", "--sparsity", "0.5"));
    assertTrue(err.toString().contains("exact zeros"), err.toString());
    assertEquals(1, compress("--format", "gguf", "--bits", "4"));
    assertTrue(err.toString().contains("--gguf-type"), err.toString());
    assertFalse(Files.exists(output));
  }

  @Test
  void misuse() {
    assertEquals(2, compress("--gguf-type", "Q4_0"));
    assertTrue(err.toString().contains("need --format gguf"), err.toString());
    assertEquals(2, compress("--format", "gguf", "--gguf-type", "Q4_0", "--bits", "4"));
    assertTrue(err.toString().contains("leave --bits out"), err.toString());
    assertEquals(2, compress("--format", "gguf", "--gguf-type", "Q2_K", "--sparsity", "0.5"));
    assertTrue(err.toString().contains("does not write Q2_K"), err.toString());
  }
}
