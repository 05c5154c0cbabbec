// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.checkpoint.safetensors;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.awp.AwpException;
import dev.awp.checkpoint.Checkpoint;
import dev.awp.checkpoint.registry.Checkpoints;
import dev.awp.compute.Compute;
import dev.awp.fixture.GeneratedArchitectures;
import dev.awp.fixture.GgufModels;
import dev.awp.fixture.SyntheticWeights;
import dev.awp.fixture.Terminal;
import dev.awp.safetensors.CheckpointWriter;
import dev.awp.safetensors.SafetensorsFile;
import dev.awp.stored.StoredTensor;
import dev.awp.stored.TensorReader;
import dev.awp.stored.TensorSpec;
import dev.awp.stored.TensorView;
import dev.awp.tensor.DType;
import dev.awp.tensor.Matrix;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Experts that lie in one tensor with those of their block, as numbers and in MXFP4. */
class StackedExpertsTest {
  private static final int EXPERTS = 5;
  private static final int HIDDEN = 32;
  private static final int WIDTH = 64;
  private static final String EXPERT = "model.layers.1.mlp.experts.";
  private static final float[] VALUES = {
    0, 0.5f, 1, 1.5f, 2, 3, 4, 6, -0f, -0.5f, -1, -1.5f, -2, -3, -4, -6
  };

  @TempDir private Path folder;

  private static ObjectNode config() throws IOException {
    ObjectNode config = GeneratedArchitectures.config("gpt-oss");
    return config.put("hidden_size", HIDDEN).put("intermediate_size", WIDTH);
  }

  private Path plain() throws IOException {
    Path model = folder.resolve("plain");
    SyntheticWeights.write(model, config().toString(), DType.F32, Long.MAX_VALUE);
    return model;
  }

  /** The same model whose experts have random codes. */
  private Path coded(Path plain, int scale) throws IOException {
    Path model = folder.resolve("coded-" + scale);
    Random random = new Random(7);
    try (Arena arena = Arena.ofConfined()) {
      List<TensorSpec> specs = new ArrayList<>();
      Map<String, MemorySegment> data = new HashMap<>();
      for (TensorView view : SafetensorsFile.map(plain.resolve(SafetensorsFile.SINGLE), arena)) {
        boolean stack = view.shape().size() == 3;
        if (!stack) {
          specs.add(view.spec());
          data.put(view.name(), view.data());
          continue;
        }
        long inputs = view.shape().get(1);
        long outputs = view.shape().get(2);
        List<Long> shape = List.of((long) EXPERTS, outputs, inputs / 32);
        List<Long> blocks = List.of((long) EXPERTS, outputs, inputs / 32, 16L);
        specs.add(new TensorSpec(view.name() + "_blocks", DType.U8, blocks));
        specs.add(new TensorSpec(view.name() + "_scales", DType.U8, shape));
        byte[] codes = new byte[(int) (EXPERTS * outputs * inputs / 2)];
        random.nextBytes(codes);
        byte[] scales = new byte[(int) (EXPERTS * outputs * inputs / 32)];
        for (int i = 0; i < scales.length; i++) {
          scales[i] = (byte) (scale + random.nextInt(4));
        }
        data.put(view.name() + "_blocks", MemorySegment.ofArray(codes));
        data.put(view.name() + "_scales", MemorySegment.ofArray(scales));
      }
      try (CheckpointWriter writer = CheckpointWriter.create(model, specs, Long.MAX_VALUE)) {
        specs.forEach(spec -> writer.write(spec.name(), data.get(spec.name())));
        ObjectNode config = config();
        config.putObject("quantization_config").put("quant_method", "mxfp4");
        Files.writeString(writer.workFolder().resolve("config.json"), config.toString());
        Files.copy(plain.resolve("tokenizer.json"), writer.workFolder().resolve("tokenizer.json"));
        writer.commit();
      }
    }
    return model;
  }

  private static Matrix matrix(Checkpoint checkpoint, String name, Compute compute, Arena arena) {
    return new TensorReader(compute.kernels()).matrix(checkpoint.tensor(name), arena);
  }

  private static float stored(TensorView stack, int expert, int input, int output) {
    long inputs = stack.shape().get(1);
    long outputs = stack.shape().get(2);
    long at = (expert * inputs + input) * outputs + output;
    return stack.data().get(ValueLayout.JAVA_FLOAT_UNALIGNED, at * Float.BYTES);
  }

  private static TensorView raw(Path model, String name, Arena arena) {
    return SafetensorsFile.map(model.resolve(SafetensorsFile.SINGLE), arena).stream()
        .filter(view -> view.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void gateAndUpTakeTurnsAndAllIsTransposed() throws IOException {
    Path model = plain();
    try (Checkpoint checkpoint = Checkpoints.open(model);
        Compute compute = Compute.create(1);
        Arena arena = Arena.ofShared()) {
      TensorView gateUp = raw(model, EXPERT + "gate_up_proj", arena);
      TensorView down = raw(model, EXPERT + "down_proj", arena);
      for (int e : new int[] {0, 3}) {
        Matrix gate = matrix(checkpoint, EXPERT + e + ".gate_proj.weight", compute, arena);
        Matrix up = matrix(checkpoint, EXPERT + e + ".up_proj.weight", compute, arena);
        Matrix out = matrix(checkpoint, EXPERT + e + ".down_proj.weight", compute, arena);
        assertEquals(WIDTH, gate.rows());
        assertEquals(HIDDEN, gate.columns());
        assertEquals(HIDDEN, out.rows());
        for (int o = 0; o < WIDTH; o++) {
          for (int i = 0; i < HIDDEN; i++) {
            assertEquals(stored(gateUp, e, i, 2 * o), gate.get(o, i));
            assertEquals(stored(gateUp, e, i, 2 * o + 1), up.get(o, i));
            assertEquals(stored(down, e, o, i), out.get(i, o));
          }
        }
      }
    }
  }

  @Test
  void fourBitsAreReadAsWhatTheyDecodeToAndWrittenAsNumbers() throws IOException {
    Path model = coded(plain(), 120);
    Path output = folder.resolve("dense");
    try (Compute compute = Compute.create(1);
        Arena arena = Arena.ofShared()) {
      GgufModels.convert(
          model, output, "dense", Optional.of(DType.F32), OptionalLong.empty(), compute);
      TensorView codes = raw(model, EXPERT + "gate_up_proj_blocks", arena);
      TensorView scales = raw(model, EXPERT + "gate_up_proj_scales", arena);
      TensorView written = raw(output, EXPERT + "gate_up_proj", arena);
      assertEquals(List.of((long) EXPERTS, (long) HIDDEN, 2L * WIDTH), written.shape());
      try (Checkpoint checkpoint = Checkpoints.open(model)) {
        assertTrue(
            checkpoint.warnings().stream().anyMatch(told -> told.contains("stored as MXFP4")),
            checkpoint.warnings().toString());
        assertTrue(checkpoint.corrections().unquantized());
        for (int e : new int[] {0, 4}) {
          Matrix up = matrix(checkpoint, EXPERT + e + ".up_proj.weight", compute, arena);
          for (int o = 0; o < WIDTH; o++) {
            long row = e * 2L * WIDTH + 2L * o + 1;
            int exponent = scales.data().get(ValueLayout.JAVA_BYTE, row) & 0xff;
            for (int i = 0; i < HIDDEN; i++) {
              int both = codes.data().get(ValueLayout.JAVA_BYTE, row * 16 + i / 2) & 0xff;
              int code = i % 2 == 0 ? both & 0xf : both >> 4;
              float expected = (float) (VALUES[code] * Math.pow(2, exponent - 127));
              assertEquals(expected, up.get(o, i), 0f);
              assertEquals(expected, stored(written, e, i, 2 * o + 1), 0f);
            }
          }
        }
      }
      assertFalse(Files.readString(output.resolve("config.json")).contains("mxfp4"));
      try (Checkpoint checkpoint = Checkpoints.open(model);
          Checkpoint dense = Checkpoints.open(output)) {
        for (StoredTensor tensor : checkpoint.tensors()) {
          assertEquals(
              -1,
              matrix(checkpoint, tensor.name(), compute, arena)
                  .segment()
                  .mismatch(matrix(dense, tensor.name(), compute, arena).segment()),
              tensor.name());
        }
      }
    }
  }

  /** Qwen 3.5: files are published in one form, and written by transformers in the other. */
  @Test
  void whatMayLieApartKeepsItsFormAndHasRoomForCodes() throws IOException {
    Path together = folder.resolve("together");
    GeneratedArchitectures.write(together, "qwen3.5-moe-listed", DType.F32);
    Path apart = apart(together);
    String stack = "model.layers.0.mlp.experts.gate_up_proj";
    String alone = "model.layers.0.mlp.experts.2.up_proj.weight";
    try (Compute compute = Compute.create(1);
        Arena arena = Arena.ofShared();
        Checkpoint one = Checkpoints.open(together);
        Checkpoint other = Checkpoints.open(apart)) {
      assertEquals(one.byName().keySet(), other.byName().keySet());
      for (Path model : List.of(together, apart)) {
        Path output = folder.resolve("dense-" + model.getFileName());
        GgufModels.convert(
            model, output, "dense", Optional.of(DType.F32), OptionalLong.empty(), compute);
        assertEquals(names(model, arena), names(output, arena));
      }
      assertTrue(names(together, arena).contains(stack));
      assertTrue(names(apart, arena).contains(alone));
    }
    Path text = Files.writeString(folder.resolve("text.txt"), "Some words. ".repeat(40));
    Path packed = folder.resolve("packed");
    new Terminal()
        .run(
            List.of(
                "compress",
                together.toString(),
                packed.toString(),
                "--calibration=" + text,
                "--sequences=2",
                "--sequence-length=16",
                "--format=compressed-tensors",
                "--bits=4",
                "--group-size=4",
                "--symmetric",
                "--solver=rtn",
                "--quiet"))
        .assertExit(0);
    try (Arena arena = Arena.ofShared()) {
      Set<String> names = names(packed, arena);
      assertTrue(names.contains(alone + "_packed"), names.toString());
      assertFalse(names.contains(stack));
    }
  }

  private static Set<String> names(Path model, Arena arena) {
    return SafetensorsFile.map(model.resolve(SafetensorsFile.SINGLE), arena).stream()
        .map(TensorView::name)
        .collect(Collectors.toSet());
  }

  /** The same model in F32 with each expert by itself. */
  private Path apart(Path together) throws IOException {
    Path model = folder.resolve("apart");
    try (Checkpoint checkpoint = Checkpoints.open(together);
        Compute compute = Compute.create(1);
        Arena arena = Arena.ofShared()) {
      List<TensorSpec> specs =
          checkpoint.tensors().stream()
              .map(tensor -> new TensorSpec(tensor.name(), DType.F32, tensor.shape()))
              .toList();
      try (CheckpointWriter writer = CheckpointWriter.create(model, specs, Long.MAX_VALUE)) {
        for (StoredTensor tensor : checkpoint.tensors()) {
          writer.write(
              tensor.name(),
              tensor instanceof TensorView view
                  ? view.data()
                  : matrix(checkpoint, tensor.name(), compute, arena).segment());
        }
        for (String file : List.of("config.json", "tokenizer.json")) {
          Files.copy(together.resolve(file), writer.workFolder().resolve(file));
        }
        writer.commit();
      }
    }
    return model;
  }

  @Test
  void aScaleThatIsNoNumberIsRefused() throws IOException {
    Path model = coded(plain(), 255);
    try (Checkpoint checkpoint = Checkpoints.open(model);
        Compute compute = Compute.create(1);
        Arena arena = Arena.ofConfined()) {
      AwpException refused =
          assertThrows(
              AwpException.class,
              () -> matrix(checkpoint, EXPERT + "0.up_proj.weight", compute, arena));
      assertTrue(refused.getMessage().contains("a scale of 255"), refused.getMessage());
    }
  }
}
