// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.fixture.GgufModels;
import dev.awp.gguf.block.BlockType;
import dev.awp.gguf.file.GgufFile;
import dev.awp.report.ReportFile;
import dev.awp.report.RunReport;
import java.io.IOException;
import java.nio.file.Files;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code --format gguf} as a person types it. */
class GgufCommandTest extends BlockFileFixture {
  GgufCommandTest() {
    super(1, "out");
  }

  @Test
  void helpNamesEveryTypeThatCanBeWritten() {
    String help = awp.run("compress", "--help").assertExit(0).out();
    for (BlockType type : BlockType.values()) {
      assertEquals(type.isWritable(), help.contains(type.name()), type.name());
    }
  }

  @Test
  void aModelIsOneFileWhosePerplexityIsThatOfWhatWasWritten() throws IOException {
    compress("--format", "gguf", "--gguf-type", "Q8_0", "--evaluate", text.toString())
        .assertExit(0);
    assertTrue(GgufFile.read(output.resolve("model.gguf")).tensors().size() > 10);
    assertFalse(Files.exists(output.resolve("config.json")));
    awp.run("inspect", output.toString()).assertExit(0).assertOut("blk.0.attn_q").assertOut("Q8_0");
    RunReport report = ReportFile.read(output);
    assertEquals("Q8_0", report.options().get("blocks"));
    assertEquals("model.gguf", report.layers().getFirst().file());
    double before = report.perplexity().getFirst().before();
    assertEquals(before, report.perplexity().getFirst().after(), 0.01 * before);
  }

  /** Levels, powers of two, and a scale of the whole tensor. */
  @ParameterizedTest
  @ValueSource(strings = {"IQ4_NL", "MXFP4", "NVFP4", "Q2_0"})
  void everyCommandReadsWhatWasWritten(String type) throws IOException {
    model = folder.resolve("split");
    GgufModels.writeFolder(model, 1, 64, 44);
    compress("--format", "gguf", "--gguf-type", type, "--evaluate", text.toString()).assertExit(0);
    String file = output.resolve("model.gguf").toString();
    double after = ReportFile.read(output).perplexity().getFirst().after();
    awp.run("verify", output.toString()).assertExit(0);
    awp.run("eval", file, text.toString(), "--sequence-length", "32").assertExit(0);
    String said = awp.out().replaceFirst("(?s).*perplexity ([0-9.]+).*", "$1");
    assertEquals(after, Double.parseDouble(said), 1e-4 * after);
    awp.run("generate", file, "--prompt=A text", "--tokens=3").assertExit(0);
    awp.run("inspect", file).assertExit(0).assertOut(type);
    awp.run("diff", file, file).assertExit(0);
  }

  @Test
  void levelsWithoutAZeroHoldNoPrunedWeights() {
    compress("--format", "gguf", "--gguf-type", "MXFP4", "--sparsity", "2:4").assertExit(0);
    assertEquals(0.5, ReportFile.read(output).layers().getFirst().sparsity(), 0.2);
    compress("--format", "gguf", "--gguf-type", "IQ4_NL", "--sparsity", "2:4").assertExit(1);
    awp.assertErr("exact zeros");
  }

  @Test
  void sparseBlocksAreWrittenBesideOrdinaryTensors() {
    compress("--format", "gguf,dense", "--gguf-type", "Q4_0", "--sparsity", "2:4").assertExit(0);
    assertTrue(Files.exists(output.resolve("gguf/model.gguf")));
    assertTrue(Files.exists(output.resolve("dense/model.safetensors")));
    assertFalse(Files.exists(output.resolve("dense/awp/grid.safetensors")));
  }

  @Test
  void whatBlocksCannotHoldIsRefused() {
    compress("--format", "gguf", "--gguf-type", "Q4_K", "--gguf-fallback", "error").assertExit(1);
    awp.assertErr("q_proj (64)");
    compress("--format", "gguf", "--gguf-type", "Q4_1", "--sparsity", "0.5").assertExit(1);
    awp.assertErr("exact zeros");
    compress("--format", "gguf", "--bits", "4").assertExit(1);
    awp.assertErr("--gguf-type");
    assertFalse(Files.exists(output));
  }

  @Test
  void misuseIsToldWithTheOptionThatItIs() {
    compress("--gguf-type", "Q4_0").assertExit(2);
    awp.assertErr("need --format gguf");
    compress("--format", "gguf", "--gguf-type", "Q4_0", "--bits", "4").assertExit(2);
    awp.assertErr("leave --bits out");
    compress("--format", "gguf", "--gguf-type", "Q8_K", "--sparsity", "0.5").assertExit(2);
    awp.assertErr("awp does not write Q8_K; what it writes: F32, F16, BF16, Q4_0");
    compress("--format", "gguf", "--gguf-embedding", "Q8_1").assertExit(2);
    awp.assertErr("awp does not write Q8_1");
  }

  @Test
  void typesThatAreOnlyReadAreNowhereOffered() {
    String completion = awp.run("completion", "bash").assertExit(0).out();
    assertTrue(completion.contains("Q6_K"));
    assertFalse(completion.contains("Q8_K"));
  }
}
