// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.checkpoint.safetensors.SafetensorsCheckpoint;
import dev.awp.fixture.GeneratedCheckpoint;
import dev.awp.fixture.OutputFolders;
import dev.awp.fixture.PlainTensors;
import dev.awp.fixture.Terminal;
import dev.awp.report.ReportFile;
import dev.awp.report.RunReport;
import dev.awp.safetensors.CheckpointWriter;
import dev.awp.solver.registry.Solvers;
import dev.awp.stored.TensorSpec;
import dev.awp.stored.TensorView;
import dev.awp.tensor.DType;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands as a person types them: exit codes, messages, and what lies in the folder after. */
class CommandLineTest {
  @TempDir private Path folder;
  private Path model;
  private Path text;
  private final Terminal awp = new Terminal();

  @BeforeEach
  void generate() throws IOException {
    model = folder.resolve("model");
    new GeneratedCheckpoint(2, 16, 24, 2, 1, DType.BF16).write(model);
    text =
        Files.writeString(folder.resolve("text.txt"), "A text of some words, again. ".repeat(99));
  }

  private Terminal compress(String... more) {
    return compressWindows("32", more);
  }

  private Terminal compressWindows(String length, String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "compress",
                model.toString(),
                folder.resolve("out").toString(),
                "--calibration",
                text.toString(),
                "--sequence-length",
                length,
                "--sequences",
                "8",
                "--quiet"));
    arguments.addAll(List.of(more));
    return awp.run(arguments);
  }

  /** Half of the weights of a model, on a text that may be none. */
  private Terminal half(Object from, Object to, Path calibration) {
    return awp.run(
        "compress",
        from.toString(),
        to.toString(),
        "--sparsity=0.5",
        "--calibration=" + calibration,
        "--quiet");
  }

  /** One line that says the rule, and nothing left behind. */
  private void assertRefused(Terminal ended, String rule) throws IOException {
    ended.assertRefused(rule);
    assertNothingWritten();
  }

  private void assertNothingWritten() throws IOException {
    OutputFolders.assertNone(folder, "out");
  }

  private void assertMisuse(Terminal ended, String rule) throws IOException {
    ended.assertMisuse(rule);
    assertNothingWritten();
  }

  @Test
  void propagatedTargetIsTheDefaultWhereInputsDrift() throws IOException {
    assertMisuse(
        compress("--sparsity", "0.5", "--propagate", "dense", "--target", "propagated"),
        "--target propagated needs --propagate compressed");
    compress("--bits", "4").assertExit(0);
    Path output = folder.resolve("out");
    assertEquals("PROPAGATED", ReportFile.read(output).options().get("target"));
  }

  @Test
  void aShareOfTheWindowsNeedsATargetThatMakesUpForDrift() throws IOException {
    String rule = "--target-share needs --target propagated";
    assertMisuse(compress("--bits", "4", "--target-share", "0.5", "--target", "dense"), rule);
    assertMisuse(compress("--bits", "4", "--target-share", "0.5", "--propagate", "dense"), rule);
    assertMisuse(
        compress("--bits", "4", "--target-share", "0.5", "--effort", "max"),
        "--target-share 0.5 with blocks that are tuned");
    assertMisuse(
        compress("--bits", "4", "--target-share", "0"),
        "'0' is not a number above 0 and at most 1");
  }

  @Test
  void compressingWritesAFolderThatEvaluates() throws IOException {
    compress(
            "--sparsity",
            "0.5",
            "--solver",
            "pgd",
            "--evaluate",
            text.toString(),
            "--max-shard-size",
            "20KB")
        .assertExit(0);
    Path output = folder.resolve("out");
    RunReport report = ReportFile.read(output);
    assertEquals(14, report.layers().size());
    assertEquals(201, report.layers().getFirst().trace().size());
    assertEquals("0", report.options().get("seed").toString());
    assertEquals(1, report.perplexity().size());
    awp.assertOut("14 layers");
    assertEquals(
        Files.readString(model.resolve("config.json")),
        Files.readString(output.resolve("config.json")));
    assertTrue(Files.exists(output.resolve("model.safetensors.index.json")));
    awp.run("eval", output.toString(), text.toString(), "--sequence-length", "32", "-q")
        .assertExit(0);
    String perplexity = "perplexity %.4f".formatted(report.perplexity().getFirst().after());
    awp.assertOut(perplexity);
  }

  @Test
  void untouchedTensorsAreTheSameBytes() {
    compress("--bits", "4").assertExit(0);
    try (SafetensorsCheckpoint before = SafetensorsCheckpoint.open(model);
        SafetensorsCheckpoint after = SafetensorsCheckpoint.open(folder.resolve("out"))) {
      assertEquals(before.tensors().size(), after.tensors().size());
      for (TensorView tensor : PlainTensors.of(before)) {
        TensorView written = after.view(tensor.name());
        assertEquals(tensor.spec(), written.spec());
        boolean linear = tensor.name().contains("_proj");
        assertEquals(linear, tensor.data().mismatch(written.data()) != -1, tensor.name());
      }
    }
  }

  @Test
  void sameCommandGivesTheSameBytesOnAnyThreads() throws IOException {
    byte[] expected = null;
    for (String threads : List.of("1", "2", "4", "2")) {
      compress("--sparsity", "2:4", "--bits", "3", "--threads", threads).assertExit(0);
      Path output = folder.resolve("out");
      byte[] bytes = Files.readAllBytes(output.resolve("model.safetensors"));
      expected = expected == null ? bytes : expected;
      assertEquals(-1, Arrays.mismatch(expected, bytes), threads + " threads");
      try (Stream<Path> tree = Files.walk(output)) {
        for (Path path : tree.toList().reversed()) {
          Files.delete(path);
        }
      }
    }
  }

  /** Where bfloat16 can be had, every layer is solved in it, to the same bytes on any threads. */
  @Test
  void forcedPrecisionIsKeptOrRefused() throws IOException {
    byte[] expected = null;
    for (String threads : List.of("1", "2")) {
      compress("--sparsity", "0.5", "--precision", "bf16", "--threads", threads);
      if (awp.exitCode() != 0) {
        assertRefused(awp, "--precision bf16 cannot be had: ");
        return;
      }
      Path output = Files.move(folder.resolve("out"), folder.resolve("on-" + threads));
      String report = Files.readString(output.resolve("report.json"));
      assertTrue(report.contains("\"precision\" : \"bf16\""), report);
      assertFalse(report.contains("\"precision\" : \"f32\""), report);
      byte[] bytes = Files.readAllBytes(output.resolve("model.safetensors"));
      expected = expected == null ? bytes : expected;
      assertEquals(-1, Arrays.mismatch(expected, bytes));
    }
  }

  @Test
  void smallLayersAreSolvedInF32UnlessToldOtherwise() throws IOException {
    compress("--sparsity", "0.5").assertExit(0);
    Path automatic = Files.move(folder.resolve("out"), folder.resolve("automatic"));
    compress("--sparsity", "0.5", "--precision", "f32").assertExit(0);
    assertEquals(
        -1,
        Files.mismatch(
            automatic.resolve("model.safetensors"),
            folder.resolve("out").resolve("model.safetensors")));
    assertFalse(
        Files.readString(automatic.resolve("report.json")).contains("\"precision\" : \"bf16\""));
  }

  @Test
  void seedsAndPropagationMatter() throws IOException {
    byte[] first = null;
    for (String[] options :
        new String[][] {
          {"--seed", "1"}, {"--seed", "2"}, {"--seed", "1", "--propagate", "dense"}
        }) {
      List<String> all = new ArrayList<>(List.of(options));
      all.addAll(List.of("--sparsity", "0.6"));
      compress(all.toArray(String[]::new)).assertExit(0);
      Path output = Files.move(folder.resolve("out"), folder.resolve("run-" + System.nanoTime()));
      byte[] bytes = Files.readAllBytes(output.resolve("model.safetensors"));
      if (first == null) {
        first = bytes;
      } else {
        assertFalse(Arrays.equals(first, bytes), String.join(" ", options));
      }
    }
  }

  @Test
  void badInputIsToldInOneLine() throws IOException {
    assertRefused(compressWindows("500", "--sparsity", "0.5"), "more than the 128 positions");
    assertRefused(
        compress("--sparsity", "0.5", "--evaluate", text.toString(), "--evaluate-length", "129"),
        "an evaluation window of 129 tokens is more than the 128 positions of the model");
    Path none = folder.resolve("none.txt");
    assertRefused(half(model, folder + "/out", none), "none.txt: the file is missing");
    Path tiny = Files.writeString(folder.resolve("tiny.txt"), "Too short.");
    assertRefused(
        half(model, folder + "/out", tiny),
        "a calibration text of 11 tokens is shorter than one window of 128");
    assertRefused(
        compress("--sparsity", "0.5", "--evaluate", tiny.toString()),
        "tiny.txt: a text of 11 tokens is shorter than one window of 32");
    assertRefused(half(model, model, text), "must lie outside the model folder");
    assertRefused(half(model, model + "/inside", text), "must lie outside the model folder");
    assertRefused(half(folder + "/nowhere", folder + "/out", text), "there is no such folder");
  }

  @Test
  void occupiedOutputIsRefusedAndLeftAlone() throws IOException {
    Path output = Files.createDirectory(folder.resolve("out"));
    Path mine = Files.writeString(output.resolve("mine.txt"), "precious");
    compress("--sparsity", "0.5").assertExit(1);
    awp.assertErr("is not empty");
    assertEquals("precious", Files.readString(mine));
    Files.delete(mine);
    compress("--sparsity", "0.5").assertExit(0);
  }

  @Test
  void brokenModelsAreToldInOneLine() throws IOException {
    Path config = model.resolve("config.json");
    String good = Files.readString(config);
    Files.writeString(config, good.replace("LlamaForCausalLM", "GPT2LMHeadModel"));
    assertRefused(
        compress("--sparsity", "0.5"),
        "architecture GPT2LMHeadModel is not supported; these are: LlamaForCausalLM, Mistral");
    Files.writeString(config, good.replace("\"intermediate_size\":24", "\"intermediate_size\":28"));
    assertRefused(
        compress("--sparsity", "0.5"),
        "gate_proj.weight has shape [24, 16] where config.json implies [28, 16]");
    Files.writeString(config, good.replace("\"num_hidden_layers\":2", "\"num_hidden_layers\":3"));
    assertRefused(
        compress("--sparsity", "0.5"), "tensor model.layers.2.input_layernorm.weight is missing");
    Files.writeString(config, good);
    Path tokenizer = model.resolve("tokenizer.json");
    String tokens = Files.readString(tokenizer);
    Files.writeString(tokenizer, "{");
    assertRefused(compress("--sparsity", "0.5"), "tokenizer.json: not a readable tokenizer");
    Files.delete(tokenizer);
    assertRefused(compress("--sparsity", "0.5"), "tokenizer.json: the file is missing, and");
    Files.writeString(tokenizer, tokens);
    Path weights = model.resolve("model.safetensors");
    byte[] whole = Files.readAllBytes(weights);
    Files.write(weights, Arrays.copyOf(whole, whole.length - 2));
    assertRefused(compress("--sparsity", "0.5"), "model.safetensors: tensor");
  }

  @Test
  void nonFiniteWeightsAreNamed() throws IOException {
    String name = "model.layers.1.mlp.down_proj.weight";
    Path broken = folder.resolve("broken");
    try (SafetensorsCheckpoint checkpoint = SafetensorsCheckpoint.open(model);
        Arena arena = Arena.ofConfined()) {
      List<TensorSpec> specs = PlainTensors.of(checkpoint).stream().map(TensorView::spec).toList();
      try (CheckpointWriter writer = CheckpointWriter.create(broken, specs, Long.MAX_VALUE)) {
        for (TensorView tensor : PlainTensors.of(checkpoint)) {
          MemorySegment bytes = arena.allocate(tensor.data().byteSize(), 8).copyFrom(tensor.data());
          if (tensor.name().equals(name)) {
            bytes.set(ValueLayout.JAVA_SHORT, 2 * (3 * 24 + 5), (short) 0x7f80);
          }
          writer.write(tensor.name(), bytes);
        }
        Files.copy(model.resolve("config.json"), writer.workFolder().resolve("config.json"));
        Files.copy(model.resolve("tokenizer.json"), writer.workFolder().resolve("tokenizer.json"));
        writer.commit();
      }
    }
    model = broken;
    assertRefused(
        compress("--sparsity", "0.5"), name + " holds Infinity at [3, 5], weights must be finite");
  }

  @Test
  void wordsThatCannotBeMeantAreMisuse() throws IOException {
    assertMisuse(compress("--sparsity", "1.5"), "the share of zeros must lie");
    assertMisuse(compress("--sparsity", "0"), "the share of zeros must lie");
    assertMisuse(compress("--sparsity", "-0.1"), "the share of zeros must lie");
    assertMisuse(compress("--sparsity", "5:4"), "a pattern N:M keeps");
    assertMisuse(compress("--bits", "5"), "a grid has 2, 3, 4 or 8 bits, not 5");
    assertMisuse(compress("--bits", "4", "--group-size", "-1"), "a group has at least 1 column");
    assertMisuse(compress("--bits", "4", "--solver", "wanda"), "wanda cannot serve");
    assertMisuse(compress("--sparsity", "0.5", "--solver", "rtn"), "rtn cannot serve");
    assertMisuse(compress("--sparsity", "0.5", "--solver", "x"), "there is no solver x");
    assertMisuse(
        compress("--sparsity", "0.5", "--solver", "wanda", "--iterations", "3"),
        "settings of the solver pgd");
    assertMisuse(
        compress("--sparsity", "0.5", "--iterations", "9"),
        "settings of the solver pgd, not of auto");
    assertMisuse(
        compress("--sparsity", "0.5", "--solver", "pgd", "--effort", "high"),
        "for the solvers admm");
    assertMisuse(
        compress("--sparsity", "0.5", "--solver", "pgd", "--iterations", "0"),
        "'0' is not a whole number from 1 to");
    assertMisuse(
        compress("--sparsity", "0.5", "--solver", "pgd", "--start", "nearest"),
        "--start NEAREST does not");
    assertMisuse(
        compress("--sparsity", "0.5", "--threads", "0"),
        "'0' is not a whole number from 1 to 4096");
    assertMisuse(
        awp.run("eval", model.toString(), text.toString(), "--sequence-length", "1", "--quiet"),
        "'1' is not a whole number from 2");
    assertMisuse(compress("--sparsity", "0.5", "--max-shard-size", "0"), "'0' is less than 1 byte");
    assertMisuse(compress("--sparsity", "0.5", "--json"), "--json is for --dry-run");
    assertMisuse(compress("--sparsity", "0.5", "--dry-run", "--resume"), "not for --dry-run");
    assertMisuse(
        compress("--sparsity", "0.5", "--evaluate-length", "9"), "--evaluate-length needs");
    assertMisuse(compress("--bits", "4", "--allocate", "uniform"), "how a target is shared");
  }

  /** All that words, config.json and headers say comes before weights and texts are read. */
  @Test
  void whatIsKnownBeforeIsToldBefore() throws IOException {
    Files.writeString(text, "too short");
    assertRefused(compress("--target-bits", "1.5"), "the fewest bits a weight");
    assertRefused(compress("--target-size", "1KB"), "the smallest size that this recipe");
    assertRefused(
        compress("--sparsity=0.5", "--evaluate=" + text, "--evaluate-length=129", "--dry-run"),
        "an evaluation window of 129 tokens is more than the 128 positions of the model");
    assertRefused(compressWindows("500", "--sparsity", "0.5"), "more than the 128 positions");
  }

  @Test
  void misuseShowsTheUsage() throws IOException {
    assertMisuse(compress(), "say what to do: --sparsity RATIO");
    assertMisuse(compress("--sparsity", "half"), "'half' is neither a share of zeros");
    assertMisuse(compress("--max-shard-size", "big"), "'big' is not a size");
    assertMisuse(compress("--sparsity", "0.5", "--frobnicate"), "Unknown option: '--frobnicate'");
    assertMisuse(
        compress("--sparsity", "0.5", "--sparsity", "0.6"), "should be specified only once");
    assertMisuse(compress("--sparsity", "0.5", "--seed", "1", "--seed", "2"), "only once");
    assertMisuse(awp.run("compress", model.toString()), "Missing required");
    assertMisuse(awp.run("eval", model.toString()), "say what to measure");
    assertMisuse(awp.run("squash"), "Unmatched argument");
    assertMisuse(awp.run(), "a command is missing");
    awp.assertErr("Commands:");
    awp.run("compress", model.toString());
    assertTrue(awp.err().lines().count() < 5, awp.err());
    awp.assertErr("'awp compress --help' tells every option");
  }

  @Test
  void helpTellsUsageExamplesAndEverySolver() {
    for (String[] command : new String[][] {{}, {"compress"}, {"eval"}, {"demo"}}) {
      List<String> arguments = new ArrayList<>(List.of(command));
      arguments.add("--help");
      awp.run(arguments).assertExit(0);
      awp.assertOut("Usage: awp");
      assertEquals("", awp.err());
    }
    awp.run("compress", "--help");
    awp.assertOut("--sparsity 0.5 --calibration text.txt");
    String words = awp.out().replaceAll("\\s+", "");
    Solvers.names().forEach(name -> assertTrue(words.contains(name), name + " is not in " + words));
    awp.run("--version").assertExit(0);
    assertTrue(awp.out().startsWith("awp "), awp.out());
  }

  @Test
  void jsonLinesAreCalibrationTextToo() throws IOException {
    Path lines = folder.resolve("text.jsonl");
    Files.writeString(
        lines, "{\"text\":\"%s\"}\n\n{\"text\":\"b\"}\n".formatted("word ".repeat(200)));
    text = lines;
    compress("--sparsity", "0.5").assertExit(0);
    Files.writeString(lines, "{\"text\":\"a\"}\n{\"texts\":1}\n");
    Path output = Files.move(folder.resolve("out"), folder.resolve("done"));
    assertTrue(Files.exists(output));
    assertRefused(compress("--sparsity", "0.5"), "text.jsonl, line 2: there is no string under");
    Files.writeString(lines, "{\"text\":\n");
    assertRefused(compress("--sparsity", "0.5"), "text.jsonl, line 2, column 1: not valid JSON");
  }

  @Test
  void aCommandOfAnotherModuleSaysHowToGetIt() {
    new Terminal()
        .run("batch", "jobs.yaml", "--dry-run")
        .assertRefused("not on this class path: 'scripts/awp batch' in a checkout builds it");
  }
}
