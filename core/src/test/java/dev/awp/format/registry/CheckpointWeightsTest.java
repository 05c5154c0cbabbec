// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format.registry;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.awp.AwpException;
import dev.awp.checkpoint.CompanionFiles;
import dev.awp.checkpoint.safetensors.SafetensorsCheckpoint;
import dev.awp.compute.Compute;
import dev.awp.constraint.affine.IntegerGrid;
import dev.awp.fixture.GeneratedCheckpoint;
import dev.awp.fixture.PlainTensors;
import dev.awp.format.FormatWriter;
import dev.awp.format.LayerPlan;
import dev.awp.format.ModelPlan;
import dev.awp.format.OutputFormat;
import dev.awp.format.packed.GridSolutions;
import dev.awp.model.LinearLayer;
import dev.awp.model.ModelLayout;
import dev.awp.model.WeightSource;
import dev.awp.safetensors.ShardSet;
import dev.awp.solver.Solution;
import dev.awp.stored.StoredTensor;
import dev.awp.stored.TensorReader;
import dev.awp.stored.TensorSpec;
import dev.awp.stored.TensorView;
import dev.awp.tensor.DType;
import dev.awp.tensor.Matrix;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Packed checkpoints opened as models: whole ones exactly, broken ones not at all. */
class CheckpointWeightsTest {
  private static final String LAYER = "model.layers.0.self_attn.q_proj";
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private Path folder;

  /** A packed model of random codes; returns what its layers must decode to. */
  private Map<String, float[][]> write(String format, int bits, Path packed) throws IOException {
    Path dense = folder.resolve("dense");
    if (!Files.exists(dense)) {
      new GeneratedCheckpoint(1, 32, 64, 2, 1, DType.F16).write(dense);
    }
    Map<String, float[][]> expected = new HashMap<>();
    OutputFormat output = OutputFormats.byName(format).orElseThrow();
    try (SafetensorsCheckpoint checkpoint = SafetensorsCheckpoint.open(dense);
        Compute compute = Compute.create(1);
        Arena arena = Arena.ofConfined()) {
      ModelLayout layout = ModelLayout.of(checkpoint.config());
      IntegerGrid grid = new IntegerGrid(bits, 16, false, output.gridStorage(DType.F16));
      List<LayerPlan> layers = new ArrayList<>();
      layout.linears().forEach(l -> layers.add(new LayerPlan(l, DType.F16, grid, false)));
      ModelPlan plan = new ModelPlan(checkpoint, layout, layers, Long.MAX_VALUE);
      Files.createDirectories(packed);
      try (FormatWriter writer = output.create(packed, plan, compute.kernels(), "test")) {
        for (LayerPlan layer : layers) {
          Solution solution = GridSolutions.random(layer, layers.indexOf(layer), arena);
          writer.write(layer.layer(), solution);
          expected.put(layer.layer().name(), solution.weights().toArray());
        }
        writer.finish();
      }
    }
    return expected;
  }

  /** Decodes every layer, as an evaluation does. */
  private static Map<String, float[][]> read(Path packed) {
    Map<String, float[][]> decoded = new HashMap<>();
    try (SafetensorsCheckpoint checkpoint = SafetensorsCheckpoint.open(packed);
        Compute compute = Compute.create(1);
        Arena arena = Arena.ofShared()) {
      ModelLayout layout = ModelLayout.of(checkpoint.config());
      WeightSource source = CheckpointWeights.of(checkpoint, layout, compute.kernels());
      layout.check(source);
      TensorReader reader = new TensorReader(compute.kernels());
      for (LinearLayer layer : layout.linears()) {
        Matrix t = reader.finiteMatrix(source.tensor(layer.weight()), arena, compute.workers());
        decoded.put(layer.name(), t.toArray());
      }
    }
    return decoded;
  }

  @ParameterizedTest
  @ValueSource(strings = {"compressed-tensors", "gptq", "gptq-v1", "gptq-v2", "awq"})
  void wholeModelsDecodeExactly(String format) throws IOException {
    for (int bits : format.equals("awq") ? new int[] {4} : new int[] {2, 3, 4, 8}) {
      Path packed = folder.resolve("packed-" + bits);
      Map<String, float[][]> expected = write(format, bits, packed);
      Map<String, float[][]> decoded = read(packed);
      expected.forEach(
          (name, rows) -> {
            for (int r = 0; r < rows.length; r++) {
              org.junit.jupiter.api.Assertions.assertArrayEquals(rows[r], decoded.get(name)[r]);
            }
          });
    }
  }

  /** Writes the model again with its tensors changed. */
  private Path changed(Path packed, Consumer<Map<String, TensorView>> change) {
    Path out = folder.resolve("changed-" + System.nanoTime());
    try (SafetensorsCheckpoint checkpoint = SafetensorsCheckpoint.open(packed)) {
      Map<String, TensorView> tensors = new HashMap<>();
      PlainTensors.of(checkpoint).forEach(view -> tensors.put(view.name(), view));
      change.accept(tensors);
      List<TensorSpec> specs = tensors.values().stream().map(TensorView::spec).toList();
      Files.createDirectories(out);
      CompanionFiles.copy(packed, out);
      // Closed unfinished: the files are whole, and need not survive the machine.
      try (ShardSet shards = ShardSet.create(out, specs, Long.MAX_VALUE)) {
        tensors.forEach((name, view) -> shards.write(name, view.data()));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out;
  }

  private static TensorView with(TensorView view, DType dtype, List<Long> shape) {
    long bytes = new TensorSpec("", dtype, shape).byteSize();
    MemorySegment data = MemorySegment.ofArray(new byte[(int) bytes]);
    long common = Math.min(bytes, view.data().byteSize());
    data.asSlice(0, common).copyFrom(view.data().asSlice(0, common));
    return new TensorView(view.name(), dtype, shape, view.file(), 0, data);
  }

  @ParameterizedTest
  @ValueSource(strings = {"compressed-tensors", "gptq", "awq"})
  void tensorsOfOtherShapesAndTypesAreRefused(String format) throws IOException {
    Path packed = folder.resolve("packed");
    write(format, 4, packed);
    List<String> names;
    try (SafetensorsCheckpoint checkpoint = SafetensorsCheckpoint.open(packed)) {
      names =
          checkpoint.tensors().stream()
              .map(StoredTensor::name)
              .filter(name -> name.startsWith(LAYER))
              .toList();
    }
    assertTrue(names.size() >= 3, names::toString);
    for (String name : names) {
      List<Consumer<Map<String, TensorView>>> changes = new ArrayList<>();
      changes.add(all -> all.computeIfPresent(name, (_, v) -> with(v, v.dtype(), List.of())));
      changes.add(
          all ->
              all.computeIfPresent(
                  name,
                  (_, v) -> {
                    List<Long> shape = new ArrayList<>(v.shape());
                    shape.set(0, shape.getFirst() + 1);
                    return with(v, v.dtype(), shape);
                  }));
      changes.add(
          all ->
              all.computeIfPresent(
                  name,
                  (_, v) -> {
                    List<Long> shape = new ArrayList<>(v.shape());
                    shape.set(shape.size() - 1, 0L);
                    return with(v, v.dtype(), shape);
                  }));
      changes.add(all -> all.computeIfPresent(name, (_, v) -> with(v, DType.U8, v.shape())));
      if (!name.endsWith(".g_idx") && !name.endsWith("zero_point")) {
        changes.add(all -> all.remove(name));
      }
      for (Consumer<Map<String, TensorView>> change : changes) {
        String message =
            assertThrows(AwpException.class, () -> read(changed(packed, change)), name)
                .getMessage();
        assertTrue(message.contains(LAYER), message);
      }
    }
  }

  @Test
  void sizesAndGroupsInsideTensorsAreChecked() throws IOException {
    Path compressed = folder.resolve("compressed");
    write("compressed-tensors", 4, compressed);
    assertRefused(compressed, ".weight_shape", 8, "holds [32, -1] where config.json implies");
    Path gptq = folder.resolve("gptq");
    write("gptq", 4, gptq);
    assertRefused(gptq, ".g_idx", 4, "puts column 1 into group -1 of 2");
  }

  /** Sets bytes of a tensor from an offset on to ones. */
  private void assertRefused(Path packed, String tensor, int offset, String rule) {
    Path out =
        changed(
            packed,
            all ->
                all.computeIfPresent(
                    LAYER + tensor,
                    (_, v) -> {
                      TensorView copy = with(v, v.dtype(), v.shape());
                      int size = v.dtype().bits() / 8;
                      copy.data().asSlice(offset, size).fill((byte) -1);
                      return copy;
                    }));
    String message = assertThrows(AwpException.class, () -> read(out)).getMessage();
    assertTrue(message.contains(rule), message);
  }

  @ParameterizedTest
  @ValueSource(strings = {"compressed-tensors", "gptq", "awq"})
  void randomBytesDecodeOrAreRefused(String format) throws IOException {
    Path packed = folder.resolve("packed");
    write(format, 4, packed);
    SplittableRandom random = new SplittableRandom(7);
    int refused = 0;
    for (int i = 0; i < 12; i++) {
      Path out =
          changed(
              packed,
              all ->
                  all.replaceAll(
                      (_, v) -> {
                        TensorView copy = with(v, v.dtype(), v.shape());
                        int flips = v.name().startsWith(LAYER) ? random.nextInt(3) : 0;
                        for (int f = 0; f < flips; f++) {
                          long at = random.nextLong(copy.data().byteSize());
                          copy.data().set(ValueLayout.JAVA_BYTE, at, (byte) random.nextInt());
                        }
                        return copy;
                      }));
      try {
        assertEquals(7, read(out).size());
      } catch (AwpException e) {
        refused++;
      }
    }
    assertTrue(refused <= 12);
  }

  @Test
  void settingsThatAreNotReadAreRefused() throws IOException {
    Path gptq = folder.resolve("gptq");
    write("gptq", 4, gptq);
    assertRefused(gptq, config -> config.put("quant_method", "bitsandbytes"), "'bitsandbytes'");
    assertRefused(gptq, config -> config.put("bits", 5), "bits must be 2, 3, 4 or 8, it is 5");
    assertRefused(gptq, config -> config.put("bits", "4"), "bits must be 2, 3, 4 or 8");
    assertRefused(gptq, config -> config.put("group_size", 0), "group_size must be positive");
    assertRefused(gptq, config -> config.put("group_size", 7), "where the layer needs");
    assertRefused(gptq, config -> config.put("checkpoint_format", "marlin"), "'marlin'");
    assertRefused(gptq, config -> config.put("pack_dtype", "int16"), "pack_dtype");
    Path awq = folder.resolve("awq");
    write("awq", 4, awq);
    assertRefused(awq, config -> config.put("version", "gemv"), "only gemm is");
    assertRefused(awq, config -> config.put("bits", 8), "only 4 is");
    Path compressed = folder.resolve("compressed");
    write("compressed-tensors", 3, compressed);
    assertRefused(compressed, config -> config.put("version", "0.17.1"), "packed with padding");
    assertRefused(compressed, config -> config.put("format", "float-quantized"), "float-quantized");
    assertRefused(compressed, config -> config.remove("config_groups"), "fits 0 of");
  }

  private void assertRefused(Path packed, Consumer<ObjectNode> change, String rule)
      throws IOException {
    Path file = packed.resolve("config.json");
    byte[] before = Files.readAllBytes(file);
    ObjectNode config = (ObjectNode) JSON.readTree(before);
    change.accept((ObjectNode) config.get("quantization_config"));
    JSON.writeValue(file.toFile(), config);
    String message = assertThrows(AwpException.class, () -> read(packed)).getMessage();
    assertTrue(message.contains(rule), message);
    Files.write(file, before);
  }

  @Test
  void columnsInAnotherOrderOfGroupsAreRead() throws IOException {
    Path gptq = folder.resolve("gptq");
    Map<String, float[][]> expected = write("gptq", 4, gptq);
    // Group 1 for the first column too: its codes then count on the other scale and zero point.
    Path out =
        changed(
            gptq,
            all ->
                all.computeIfPresent(
                    LAYER + ".g_idx",
                    (_, v) -> {
                      TensorView copy = with(v, v.dtype(), v.shape());
                      copy.data().set(ValueLayout.JAVA_INT_UNALIGNED, 0, 1);
                      return copy;
                    }));
    float[][] decoded = read(out).get(LAYER);
    int differing = 0;
    for (int r = 0; r < decoded.length; r++) {
      differing += decoded[r][0] != expected.get(LAYER)[r][0] ? 1 : 0;
      assertEquals(expected.get(LAYER)[r][1], decoded[r][1]);
    }
    assertTrue(differing > decoded.length / 2, differing + " rows differ");
  }
}
