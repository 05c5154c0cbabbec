// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.convert;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.AwpException;
import dev.awp.Progress;
import dev.awp.checkpoint.Checkpoint;
import dev.awp.checkpoint.registry.Checkpoints;
import dev.awp.compute.Compute;
import dev.awp.eval.TextEvaluation;
import dev.awp.fixture.GgufModels;
import dev.awp.fixture.Terminal;
import dev.awp.format.registry.CheckpointWeights;
import dev.awp.gguf.GgufValue;
import dev.awp.gguf.file.GgufFile;
import dev.awp.model.LinearLayer;
import dev.awp.model.ModelLayout;
import dev.awp.model.WeightSource;
import dev.awp.report.LayerReport;
import dev.awp.report.ReportFile;
import dev.awp.report.RunReport;
import dev.awp.stored.StoredTensor;
import dev.awp.stored.TensorReader;
import dev.awp.tensor.DType;
import dev.awp.text.TextOptions;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The same model in other words. */
class ConversionTest {
  private final Compute compute = Compute.create(1);
  private final Terminal terminal = new Terminal();

  @TempDir private Path folder;
  private Path model;
  private Path output;

  @BeforeEach
  void nameFolders() {
    model = folder.resolve("model");
    output = folder.resolve("out");
  }

  @AfterEach
  void close() {
    compute.close();
  }

  private float[] values(StoredTensor tensor) {
    try (Arena arena = Arena.ofConfined()) {
      return new TensorReader(compute.kernels())
          .matrix(tensor, arena)
          .segment()
          .toArray(ValueLayout.JAVA_FLOAT);
    }
  }

  private double perplexity(Path of) throws IOException {
    Path text = folder.resolve("text.txt");
    Files.writeString(text, "What is said here is said by nobody, and again. ".repeat(4));
    return new TextEvaluation(TextOptions.DEFAULT, OptionalInt.of(48), compute, Progress.NONE)
        .evaluate(of, text)
        .perplexity()
        .value();
  }

  @ParameterizedTest
  @ValueSource(strings = {"qwen2", "gemma3", "llama3-scaling"})
  void anotherOrderOfChannelsIsTheSameFunction(String goldenCase) throws IOException {
    GgufModels.writeFolder(model, goldenCase, DType.F32);
    GgufModels.convert(model, output, "dense", Optional.empty(), OptionalLong.of(7), compute);
    double expected = perplexity(model);
    assertEquals(expected, perplexity(output), 1e-4 * expected);
    try (Checkpoint before = Checkpoints.open(model);
        Checkpoint after = Checkpoints.open(output)) {
      for (LinearLayer layer : ModelLayout.of(before.config()).linears()) {
        float[] original = values(before.tensor(layer.weight()));
        float[] moved = values(after.tensor(layer.weight()));
        assertFalse(Arrays.equals(original, moved), layer.name());
        Arrays.sort(original);
        Arrays.sort(moved);
        assertArrayEquals(original, moved, layer.name());
      }
    }
  }

  @Test
  void theSameSeedGivesTheSameBytes() throws IOException {
    GgufModels.writeFolder(model, "qwen2", DType.BF16);
    Path again = folder.resolve("again");
    for (Path into : List.of(output, again)) {
      GgufModels.convert(model, into, "dense", Optional.empty(), OptionalLong.of(3), compute);
    }
    Path other = folder.resolve("other");
    GgufModels.convert(model, other, "dense", Optional.empty(), OptionalLong.of(4), compute);
    String weights = "model.safetensors";
    assertEquals(-1, Files.mismatch(output.resolve(weights), again.resolve(weights)));
    assertTrue(Files.mismatch(output.resolve(weights), other.resolve(weights)) >= 0);
  }

  @Test
  void aTypeIsThatOfAllTensorsAndOfTheConfiguration() throws IOException {
    GgufModels.writeFolder(model, "qwen2", DType.F32);
    assertEquals(
        0, terminal.run("convert", "" + model, "" + output, "--dtype=bf16", "-q").exitCode());
    assertTrue(terminal.err().contains("are rounded to a type with fewer digits"), terminal.err());
    try (Checkpoint checkpoint = Checkpoints.open(output)) {
      for (StoredTensor tensor : checkpoint.tensors()) {
        assertEquals(DType.BF16, tensor.type().written(), tensor.name());
      }
    }
    assertTrue(
        Files.readString(output.resolve("config.json")).contains("\"torch_dtype\" : \"bfloat16\""));
  }

  @Test
  void aPackedModelBecomesPlainNumbers() throws IOException {
    GgufModels.writeFolder(model, 1, 64, 128);
    Path packed = folder.resolve("packed");
    Path text = folder.resolve("calibration.txt");
    Files.writeString(text, "Some words to calibrate on. ".repeat(40));
    terminal.run(
        "compress",
        "" + model,
        "" + packed,
        "--calibration=" + text,
        "--sequences=2",
        "--sequence-length=64",
        "--bits=4",
        "--symmetric",
        "--group-size=32",
        "--format=gptq",
        "-q");
    assertEquals(0, terminal.exitCode(), terminal.err());
    GgufModels.convert(
        packed, output, "dense", Optional.of(DType.F32), OptionalLong.empty(), compute);
    try (Checkpoint codes = Checkpoints.open(packed);
        Checkpoint plain = Checkpoints.open(output)) {
      ModelLayout layout = ModelLayout.of(codes.config());
      WeightSource decoded = CheckpointWeights.of(codes, layout, compute.kernels());
      for (String name : layout.shapes().keySet()) {
        assertArrayEquals(values(decoded.tensor(name)), values(plain.tensor(name)), name);
      }
      assertEquals(layout.shapes().size(), plain.tensors().size());
      assertEquals("", CheckpointWeights.method(plain));
    }
  }

  @Test
  void aFileOfBlocksBecomesPlainNumbersAndBackWithItsMetadata() throws IOException {
    GgufModels.writeFolder(model, 1, 64, 128);
    Path blocks = folder.resolve("blocks");
    Path text = folder.resolve("calibration.txt");
    Files.writeString(text, "Some words to calibrate on. ".repeat(40));
    terminal.run(
        "compress",
        "" + model,
        "" + blocks,
        "--calibration=" + text,
        "--sequences=2",
        "--sequence-length=64",
        "--format=gguf",
        "--gguf-type=Q4_0",
        "-q");
    assertEquals(0, terminal.exitCode(), terminal.err());
    Path file = blocks.resolve("model.gguf");
    terminal.run("convert", "" + file, "" + output, "--dtype=F32", "-q");
    assertEquals(0, terminal.exitCode(), terminal.err());
    assertEquals("", terminal.err());
    assertEquals(perplexity(file), perplexity(output));
    Path again = folder.resolve("again");
    terminal.run("convert", "" + file, "" + again, "--format=gguf", "--dtype=F32", "-q");
    assertEquals(0, terminal.exitCode(), terminal.err());
    var before = new TreeMap<>(GgufFile.read(file).metadata());
    var after = new TreeMap<>(GgufFile.read(again.resolve("model.gguf")).metadata());
    assertEquals(GgufValue.of(0), after.put("general.file_type", GgufValue.of(2)));
    assertEquals(before, after);
  }

  @Test
  void aQuantizedFileIsCompressedWhereThatIsAskedFor() throws IOException {
    GgufModels.writeFolder(model, 1, 64, 128);
    Path plain = folder.resolve("plain");
    Path file = GgufModels.convert(model, plain, compute);
    Path text = folder.resolve("calibration.txt");
    Files.writeString(text, "Some words to calibrate on. ".repeat(40));
    Path blocks = folder.resolve("blocks");
    terminal.run(
        "compress",
        "" + file,
        "" + blocks,
        "--calibration=" + text,
        "--sequences=2",
        "--sequence-length=64",
        "--format=gguf",
        "--gguf-type=Q8_0",
        "-q");
    assertEquals(0, terminal.exitCode(), terminal.err());
    terminal.run("compress", "" + blocks, "" + output, "--calibration=" + text, "--bits=4");
    assertEquals(1, terminal.exitCode());
    assertTrue(terminal.err().contains("quantized already (Q8_0)"), terminal.err());
    assertTrue(terminal.err().contains("awp convert"), terminal.err());
    assertTrue(terminal.err().contains("--requantize"), terminal.err());
    String[] again = {
      "compress",
      "" + blocks,
      "" + output,
      "--calibration=" + text,
      "--sequences=2",
      "--sequence-length=64",
      "--format=gguf",
      "--gguf-type=Q8_0",
      "--requantize"
    };
    terminal.run(again);
    assertEquals(0, terminal.exitCode(), terminal.err());
    RunReport report = ReportFile.read(output);
    assertTrue(report.warnings().stream().anyMatch(w -> w.contains("taken for the original")));
    // Its numbers lie on the grid already, so that nothing is lost once more.
    for (LayerReport layer : report.layers()) {
      assertEquals(0, layer.relativeError(), 1e-6, layer.name());
    }
  }

  @Test
  void whatCannotBeMovedOrWrittenIsRefused() throws IOException {
    GgufModels.writeFolder(model, "mixtral", DType.F32);
    AwpException experts =
        assertThrows(
            AwpException.class,
            () ->
                GgufModels.convert(
                    model, output, "dense", Optional.empty(), OptionalLong.of(1), compute));
    assertTrue(experts.getMessage().contains("without experts"), experts.getMessage());
    assertFalse(Files.exists(output));
    assertEquals(2, terminal.run("convert", "" + model, "" + output, "--format=gptq").exitCode());
    assertEquals(2, terminal.run("convert", "" + model, "" + output, "--dtype=I8").exitCode());
    assertFalse(Files.exists(output));
  }
}
