// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.awp.fixture.ForkedJvm;
import dev.awp.fixture.GeneratedCheckpoint;
import dev.awp.fixture.Terminal;
import dev.awp.report.page.HtmlReport;
import dev.awp.tensor.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands that show things, as a person types them. */
class LookingCommandsTest {
  @TempDir private Path folder;
  private Path model;
  private final Terminal awp = new Terminal();

  @BeforeEach
  void generate() throws IOException {
    model = folder.resolve("model");
    new GeneratedCheckpoint(2, 16, 24, 2, 1, DType.BF16).write(model);
  }

  private void compress(Path from, Path to, String... constraint) throws IOException {
    Path text = Files.writeString(folder.resolve("text.txt"), "A text of words. ".repeat(99));
    List<String> arguments = new ArrayList<>(List.of("compress", from.toString(), to.toString()));
    arguments.addAll(List.of(constraint));
    arguments.addAll(
        List.of("--calibration=" + text, "--sequence-length=32", "--sequences=4", "-q"));
    awp.run(arguments).assertExit(0);
  }

  private Path compressed() throws IOException {
    Path output = folder.resolve("out");
    compress(model, output, "--sparsity", "2:4", "--bits", "4", "--group-size", "8");
    return output;
  }

  @Test
  void inspectShowsWhatCompressDid() throws IOException {
    Path output = compressed();
    awp.run("inspect", output.toString()).assertExit(0);
    String line =
        awp.out()
            .lines()
            .filter(l -> l.startsWith("model.layers.1.mlp.down_proj "))
            .findFirst()
            .orElseThrow();
    assertTrue(line.contains("int4 asymmetric g8"), line);
    assertTrue(line.contains("[16, 24]"), line);
    assertTrue(line.contains("2:4"), line);
    awp.assertOut("and 5 vectors");
    awp.run("inspect", output.toString(), "--json").assertExit(0);
    JsonNode json = new ObjectMapper().readTree(awp.out());
    assertEquals(21, json.path("weights").size());
    JsonNode layer = weight(json, "model.layers.1.mlp.down_proj.weight");
    assertEquals(4, layer.path("grid").path("bits").intValue(), layer.toString());
    assertEquals("2:4", layer.path("statistics").path("pattern").textValue(), layer.toString());
    awp.run("inspect", output.resolve("model.safetensors").toString(), "--headers", "--json")
        .assertExit(0);
    json = new ObjectMapper().readTree(awp.out());
    assertTrue(json.path("sparsity").isNull());
    awp.run("inspect", folder.resolve("nowhere").toString()).assertExit(1);
    awp.assertErr("there is no such file or folder");
    awp.run("inspect", folder.resolve("text.txt").toString()).assertExit(1);
    awp.run("inspect", folder.toString()).assertExit(1);
    awp.assertErr("there is no .safetensors file");
  }

  @Test
  void diffShowsWhatCompressDid() throws IOException {
    Path output = compressed();
    awp.run("diff", model.toString(), output.toString()).assertExit(0);
    assertTrue(awp.out().startsWith("21 weights in both: 7 the same, 14 differ"), awp.out());
    awp.assertOut("0.0 -> 5");
    assertFalse(awp.out().contains("embed_tokens"), awp.out());
    awp.run("diff", model.toString(), model.toString(), "--all", "--json").assertExit(0);
    JsonNode json = new ObjectMapper().readTree(awp.out());
    json.path("weights").forEach(w -> assertTrue(w.path("same").booleanValue(), w.toString()));
  }

  @Test
  void reportIsWrittenAnew() throws IOException {
    Path output = compressed();
    Path page = output.resolve(HtmlReport.NAME);
    String before = Files.readString(page);
    assertTrue(before.contains("model.layers.1.mlp.down_proj"), before);
    Files.delete(page);
    awp.run("report", output.toString()).assertExit(0);
    assertEquals(before, Files.readString(page));
    awp.run("report", model.toString()).assertExit(1);
    awp.assertErr("report.json: the file is missing");
  }

  @Test
  void generateIsRepeatable() {
    String[] command = {
      "generate", model.toString(), "--prompt", "Hi ", "--tokens", "12", "--seed", "4"
    };
    awp.run(command).assertExit(0);
    String first = awp.out();
    assertTrue(first.startsWith("Hi "), first);
    awp.assertErr("4 prompt tokens");
    awp.run(command).assertExit(0);
    assertEquals(first, awp.out());
    awp.run("generate", model.toString(), "--prompt", "Hi", "--tokens", "126").assertExit(1);
    awp.assertErr("above the 128 positions");
    awp.run("generate", model.toString(), "--prompt", "Hi", "--temperature", "-1").assertExit(2);
    awp.run("generate", model.toString(), "--prompt", "Hi", "--tokens", "0").assertExit(2);
    awp.run("generate", model.toString()).assertExit(2);
  }

  @Test
  void completionKnowsCommandsAndOptions() {
    for (String shell : List.of("bash", "zsh")) {
      awp.run("completion", shell).assertExit(0);
      for (String word : List.of("inspect", "--temperature", "bashcompinit")) {
        awp.assertOut(word);
      }
    }
    awp.run("completion", "fish").assertExit(2);
  }

  /** Packed and GGUF models are shown, compared and spoken by as the dense one is. */
  @Test
  void otherFormatsAreLookedAtToo() throws IOException {
    new GeneratedCheckpoint(1, 64, 96, 2, 1, DType.F16).write(folder.resolve("wide"));
    Path output = folder.resolve("formats");
    compress(
        folder.resolve("wide"),
        output,
        "--bits",
        "4",
        "--symmetric",
        "--group-size",
        "32",
        "--format",
        "dense,compressed-tensors,gptq");
    Path dense = output.resolve("dense");
    for (String format : List.of("compressed-tensors", "gptq")) {
      Path packed = output.resolve(format);
      awp.run("inspect", packed.toString()).assertExit(0);
      awp.assertOut("int4 g32 (" + format + ")");
      awp.run("diff", dense.toString(), packed.toString(), "--json").assertExit(0);
      for (JsonNode weight : new ObjectMapper().readTree(awp.out()).path("weights")) {
        // Products of codes and scales are rounded to float16 in the dense model alone.
        assertTrue(weight.path("values").path("relativeError").asDouble() < 5e-4, weight + "");
      }
      awp.run("generate", packed.toString(), "--prompt", "Hi", "--tokens", "3", "-q").assertExit(0);
    }
    Path gguf = folder.resolve("gguf");
    compress(folder.resolve("wide"), gguf, "--format", "gguf");
    awp.run("inspect", gguf.toString(), "--json").assertExit(0);
    JsonNode json = new ObjectMapper().readTree(awp.out());
    JsonNode gate = weight(json, "blk.0.ffn_gate.weight");
    assertEquals("Q4_0", gate.path("storage").textValue(), json.toString());
    assertEquals(4.5, 8 * gate.path("bytes").doubleValue() / gate.path("elements").doubleValue());
    assertTrue(gate.path("statistics").path("rootMeanSquare").doubleValue() > 0, gate.toString());
  }

  private static JsonNode weight(JsonNode json, String name) {
    for (JsonNode weight : json.path("weights")) {
      if (weight.path("name").textValue().equals(name)) {
        return weight;
      }
    }
    throw new AssertionError(name + " is missing");
  }

  /** Through a pipe, and with a log as long as wanted. */
  @Test
  void pipedOutputIsPlainAndLevelsAreObeyed() throws Exception {
    Path text = Files.writeString(folder.resolve("text.txt"), "A text of words. ".repeat(99));
    // No vectors: the run is over before they would pay.
    List<String> flags = List.of("-Dawp.kernels=scalar", "-Dawp.blas=java");
    int[] lines = new int[4];
    String[] levels = {"--quiet", "--threads=1", "-v", "-vv"};
    for (int i = 0; i < levels.length; i++) {
      ForkedJvm.Result result =
          ForkedJvm.run(
              flags,
              Main.class,
              "compress",
              model.toString(),
              folder.resolve("o" + i).toString(),
              "--sparsity",
              "0.5",
              "--calibration",
              text.toString(),
              "--sequence-length",
              "32",
              "--sequences",
              "4",
              levels[i]);
      assertEquals(0, result.exitCode(), result.errors());
      String all = String.join("\n", result.lines()) + result.errors();
      assertTrue(all.chars().allMatch(c -> c == '\n' || c >= ' '), all);
      assertEquals(2, result.lines().size(), all);
      lines[i] = (int) result.errors().lines().filter(l -> !l.startsWith("WARNING")).count();
      assertEquals(i >= 2, result.errors().contains("awp: INFO: kernels: scalar"), all);
      assertEquals(i == 3, result.errors().contains(": iteration 0, relative error"), all);
    }
    assertEquals(0, lines[0]);
    assertTrue(lines[1] >= 14 && lines[2] > lines[1] && lines[3] > lines[2]);
  }
}
