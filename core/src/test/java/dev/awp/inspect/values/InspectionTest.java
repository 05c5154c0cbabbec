// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.inspect.values;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.AwpException;
import dev.awp.compute.Compute;
import dev.awp.fixture.TensorFolder;
import dev.awp.inspect.StoredWeight;
import dev.awp.inspect.StoredWeights;
import dev.awp.inspect.file.WeightFiles;
import dev.awp.tensor.DType;
import dev.awp.tensor.Matrix;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is seen in checkpoints whose content is known. */
class InspectionTest {
  @TempDir private Path folder;
  private final Compute compute = Compute.create(2);

  @AfterEach
  void close() {
    compute.close();
  }

  private Inspection.Entry only(TensorFolder tensors) throws IOException {
    Path path = tensors.write(folder.resolve("m" + System.nanoTime()));
    List<Inspection.Entry> weights = Inspection.of(path, true, compute).weights();
    assertEquals(1, weights.size(), weights.toString());
    return weights.getFirst();
  }

  private float[][] values(Path path) {
    try (StoredWeights weights = WeightFiles.open(path, compute.kernels());
        Arena arena = Arena.ofConfined()) {
      StoredWeight weight = weights.weights().getFirst();
      Matrix all = Matrix.allocate(arena, weight.rows(), weight.columns());
      // In two pieces: a reader may be asked for any rows.
      int half = Math.min(1, weight.rows() - 1);
      weight.decodeRows(0, all.rowRange(0, half));
      weight.decodeRows(half, all.rowRange(half, weight.rows()));
      return all.toArray();
    }
  }

  @Test
  void statisticsAreThoseOfTheValues() throws IOException {
    float[] values = new float[8 * 200];
    for (int i = 0; i < values.length; i++) {
      values[i] = i % 200 == 7 ? 10 : i % 2 == 0 ? 0 : i % 4 == 1 ? 1 : -1;
    }
    WeightStatistics seen =
        only(new TensorFolder().floats("w", List.of(8L, 200L), values)).statistics().orElseThrow();
    double squares = 8 * (100 + 99);
    double fourths = 8 * (10_000 + 99);
    assertEquals(0.5, seen.sparsity());
    assertEquals(0.5, seen.densestRow());
    assertEquals(0.5, seen.sparsestRow());
    assertEquals("2:4", seen.pattern());
    assertEquals(10, seen.largest());
    assertEquals(Math.sqrt(squares / 1600), seen.rootMeanSquare(), 1e-12);
    assertEquals(fourths / 1600 / Math.pow(squares / 1600, 2), seen.kurtosis(), 1e-9);
    // The strongest two of 200 columns: the one of tens, and one of ones.
    assertEquals((100 + 1) / 199.0, seen.topColumnsEnergy(), 1e-12);
    assertEquals(0, seen.nonFinite());
  }

  @Test
  void patternsAreNotChance() throws IOException {
    Random random = new Random(5);
    float[] values = new float[64 * 512];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextDouble() < 0.9 ? 0 : 1;
    }
    Inspection.Entry sparse = only(new TensorFolder().floats("w", List.of(64L, 512L), values));
    assertEquals("", sparse.statistics().orElseThrow().pattern());
    for (int i = 0; i < values.length; i++) {
      values[i] = i % 8 < 3 ? 1 : 0;
    }
    Inspection.Entry threeOfEight =
        only(new TensorFolder().floats("w", List.of(64L, 512L), values));
    assertEquals("3:8", threeOfEight.statistics().orElseThrow().pattern());
  }

  @Test
  void anyShapeAndTypeIsShown() throws IOException {
    Path path =
        new TensorFolder()
            .floats("scalar", List.of(), Float.NaN)
            .floats("none", List.of(0L, 4L))
            .longs("ids", List.of(2L), 3, -4)
            .bytes(
                "experts",
                DType.F8_E4M3,
                List.of(2L, 1L, 2L),
                (byte) 0x38,
                (byte) 0xb8,
                (byte) 0x7e,
                (byte) 0x01)
            .bytes("packed", DType.F4, List.of(2L, 2L), (byte) 1, (byte) 2)
            .write(folder.resolve("any"));
    Inspection inspection = Inspection.of(path, true, compute);
    assertEquals(1 + 2 + 4 + 4, inspection.elements());
    for (Inspection.Entry entry : inspection.weights()) {
      boolean read = !List.of("none", "packed").contains(entry.name());
      assertEquals(read, entry.statistics().isPresent(), entry.name());
    }
    WeightStatistics f8 =
        inspection.weights().stream()
            .filter(entry -> entry.name().equals("experts"))
            .findFirst()
            .orElseThrow()
            .statistics()
            .orElseThrow();
    assertEquals(448, f8.largest());
    assertEquals(Math.sqrt((1 + 1 + 448 * 448.0 + 0x1p-18) / 4), f8.rootMeanSquare(), 1e-9);
    assertTrue(
        Inspection.of(path, false, compute).weights().stream()
            .allMatch(entry -> entry.statistics().isEmpty()));
  }

  /** Values 0..7 at 4 bits are 0x76543210 in GPTQ's stream, whose zero points lack one. */
  @Test
  void gptqIsReadAsTheMatrixItStandsFor() throws IOException {
    int[] down = new int[8];
    Arrays.fill(down, 0x76543210);
    TensorFolder tensors =
        new TensorFolder()
            .words("l.qweight", List.of(1L, 8L), down)
            .words("l.qzeros", List.of(2L, 1L), 0x77777777, 0x66666666)
            .halves("l.scales", List.of(2L, 8L), 1, 1, 1, 1, 1, 1, 1, 2, 4, 4, 4, 4, 4, 4, 4, 4)
            .words("l.g_idx", List.of(8L), 0, 0, 0, 0, 1, 1, 1, 1);
    Path path = tensors.write(folder.resolve("gptq"));
    float[][] values = values(path);
    assertArrayEquals(new float[] {-8, -7, -6, -5, -12, -8, -4, 0}, values[0]);
    assertArrayEquals(new float[] {-16, -14, -12, -10, -12, -8, -4, 0}, values[7]);
    Inspection.Entry entry = Inspection.of(path, true, compute).weights().getFirst();
    assertEquals("l.weight", entry.name());
    assertEquals("int4 asymmetric g4 (gptq)", entry.storage());
    assertEquals(List.of(8L, 8L), entry.shape());
    Files.writeString(
        path.resolve("config.json"),
        "{\"quantization_config\":{\"checkpoint_format\":\"gptq_v2\"}}");
    assertArrayEquals(new float[] {-7, -6, -5, -4, -8, -4, 0, 4}, values(path)[0]);
  }

  /** Outputs 0..7 at 4 bits are 0x75316420 in AWQ's order. */
  @Test
  void awqIsReadAsTheMatrixItStandsFor() throws IOException {
    Path path =
        new TensorFolder()
            .words("l.qweight", List.of(2L, 1L), 0x75316420, 0x75316420)
            .words("l.qzeros", List.of(1L, 1L), 0x88888888)
            .halves("l.scales", List.of(1L, 8L), 1, 1, 1, 1, 1, 1, 1, 0.5f)
            .write(folder.resolve("awq"));
    float[][] values = values(path);
    for (int n = 0; n < 7; n++) {
      assertArrayEquals(new float[] {n - 8, n - 8}, values[n], "output " + n);
    }
    assertArrayEquals(new float[] {-0.5f, -0.5f}, values[7]);
    assertEquals(
        "int4 g2 (awq)", Inspection.of(path, true, compute).weights().getFirst().storage());
  }

  @Test
  void compressedTensorsAreReadAsTheMatrixTheyStandFor() throws IOException {
    Path path =
        new TensorFolder()
            .words("l.weight_packed", List.of(2L, 1L), 0x76543210, 0x88888888)
            .floats("l.weight_scale", List.of(2L, 2L), 1, 2, 1, 2)
            .longs("l.weight_shape", List.of(2L), 2, 8)
            .write(folder.resolve("ct"));
    float[][] values = values(path);
    assertArrayEquals(new float[] {-8, -7, -6, -5, -8, -6, -4, -2}, values[0]);
    assertArrayEquals(new float[8], values[1]);
    Inspection.Entry entry = Inspection.of(path, true, compute).weights().getFirst();
    assertEquals("int4 g4 (compressed-tensors)", entry.storage());
    assertEquals(0.5, entry.statistics().orElseThrow().sparsity());
    assertEquals(8.0 * (8 + 16 + 16) / 16, entry.bitsPerWeight());
  }

  /** The 64 values i mod 8 at 3 bits: six words as a stream, seven where ten share a word. */
  @Test
  void threeBitsAreReadInBothPackings() throws IOException {
    int[] stream = {0x88FAC688, 0xC688FAC6, 0xFAC688FA, 0x88FAC688, 0xC688FAC6, 0xFAC688FA};
    TensorFolder dense =
        new TensorFolder()
            .words("l.weight_packed", List.of(1L, 6L), stream)
            .words("l.weight_zero_point", List.of(1L, 1L), 1)
            .floats("l.weight_scale", List.of(1L, 1L), 1)
            .longs("l.weight_shape", List.of(2L), 1, 64);
    int[] padded = new int[7];
    for (int i = 0; i < 64; i++) {
      padded[i / 10] |= (i % 8) << (3 * (i % 10));
    }
    assertEquals(0x08FAC688, padded[0]);
    TensorFolder old =
        new TensorFolder()
            .words("l.weight_packed", List.of(1L, 7L), padded)
            .words("l.weight_zero_point", List.of(1L, 1L), 1)
            .floats("l.weight_scale", List.of(1L, 1L), 1)
            .longs("l.weight_shape", List.of(2L), 1, 64);
    for (TensorFolder tensors : List.of(dense, old)) {
      float[] row = values(tensors.write(folder.resolve("three" + System.nanoTime())))[0];
      for (int i = 0; i < 64; i++) {
        assertEquals(i % 8 - 1, row[i], "column " + i);
      }
    }
  }

  @Test
  void malformedPackingIsNamed() throws IOException {
    Path path =
        new TensorFolder()
            .words("l.qweight", List.of(1L, 8L), new int[8])
            .words("l.qzeros", List.of(1L, 3L), 1, 2, 3)
            .halves("l.scales", List.of(1L, 8L), new float[8])
            .write(folder.resolve("bad"));
    String message =
        assertThrows(AwpException.class, () -> Inspection.of(path, true, compute)).getMessage();
    assertTrue(message.contains("tensor l.qweight has shape [1, 8]"), message);
    Path groups =
        new TensorFolder()
            .words("l.qweight", List.of(1L, 8L), new int[8])
            .words("l.qzeros", List.of(1L, 1L), 1)
            .halves("l.scales", List.of(1L, 8L), new float[8])
            .words("l.g_idx", List.of(8L), 0, 0, 0, 0, 0, 0, 0, 5)
            .write(folder.resolve("groups"));
    message =
        assertThrows(AwpException.class, () -> Inspection.of(groups, true, compute)).getMessage();
    assertTrue(message.contains("names groups outside 0 .. 0"), message);
  }

  @Test
  void resultsDoNotDependOnThreads() throws IOException {
    Random random = new Random(1);
    float[] values = new float[97 * 53];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    Path path =
        new TensorFolder().floats("w", List.of(97L, 53L), values).write(folder.resolve("t"));
    try (Compute one = Compute.create(1)) {
      assertEquals(Inspection.of(path, true, one), Inspection.of(path, true, compute));
    }
  }
}
