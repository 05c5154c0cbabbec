// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format.packed;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.compute.KernelProvider;
import dev.awp.constraint.GridParameters;
import dev.awp.constraint.GridStorage;
import dev.awp.constraint.affine.IntegerGrid;
import dev.awp.format.LayerPlan;
import dev.awp.format.awq.AwqLayer;
import dev.awp.format.compressedtensors.CompressedTensorsLayer;
import dev.awp.format.gptq.GptqLayer;
import dev.awp.format.safetensors.LayerFormat;
import dev.awp.kernel.Kernels;
import dev.awp.solver.Solution;
import dev.awp.stored.StoredTensor;
import dev.awp.stored.TensorEncoder;
import dev.awp.stored.TensorReader;
import dev.awp.stored.TensorSpec;
import dev.awp.stored.TensorView;
import dev.awp.tensor.DType;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigInteger;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** Every packing against its definition, the published golden vectors, and itself read back. */
class PackingTest {
  private static final Kernels KERNELS = KernelProvider.kernels();
  private static final TensorEncoder ENCODER = new TensorEncoder(KERNELS);
  private static final TensorReader READER = new TensorReader(KERNELS);

  private static int[] pack(int[] codes, int bits) {
    int[] words = new int[BitStream.words(codes.length, bits)];
    BitStream.pack(codes, 0, codes.length, bits, words);
    return words;
  }

  @Example
  void goldenVectorsOfBitStreams() {
    assertArrayEquals(new int[] {0x76543210}, pack(new int[] {0, 1, 2, 3, 4, 5, 6, 7}, 4));
    int[] codes = new int[32];
    java.util.Arrays.setAll(codes, i -> i % 8);
    assertArrayEquals(new int[] {0x88FAC688, 0xC688FAC6, 0xFAC688FA}, pack(codes, 3));
  }

  @Property
  void streamsAreOneLargeNumber(
      @ForAll @IntRange(min = 1, max = 8) int bits,
      @ForAll @IntRange(min = 1, max = 103) int count,
      @ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    int[] codes = random.ints(count, 0, 1 << bits).toArray();
    BigInteger number = BigInteger.ZERO;
    for (int i = 0; i < count; i++) {
      number = number.or(BigInteger.valueOf(codes[i]).shiftLeft(i * bits));
    }
    int[] words = pack(codes, bits);
    for (int w = 0; w < words.length; w++) {
      assertEquals(number.shiftRight(w * Integer.SIZE).intValue(), words[w]);
    }
    int[] back = new int[count + 2];
    BitStream.unpack(words, bits, back, 1, count);
    assertArrayEquals(codes, java.util.Arrays.copyOfRange(back, 1, count + 1));
  }

  /** The tensors of a layer in memory. */
  private static Map<String, TensorView> encode(
      LayerFormat format, LayerPlan plan, Solution solution, Arena arena) {
    Map<String, MemorySegment> bytes = new HashMap<>();
    format.encode(
        plan,
        solution,
        (name, data) -> {
          MemorySegment copy = arena.allocate(data.byteSize(), 8);
          bytes.put(name, copy.copyFrom(data));
        });
    Map<String, TensorView> views = new HashMap<>();
    for (TensorSpec spec : format.tensors(plan)) {
      MemorySegment data = bytes.remove(spec.name());
      assertEquals(spec.byteSize(), data.byteSize(), spec.name());
      views.put(
          spec.name(),
          new TensorView(spec.name(), spec.dtype(), spec.shape(), Path.of("none"), 0, data));
    }
    assertTrue(bytes.isEmpty(), "not planned: " + bytes.keySet());
    return views;
  }

  private static int[] ints(TensorView view) {
    return view.data().toArray(ValueLayout.JAVA_INT_UNALIGNED);
  }

  /** Eight rows of one column with the codes 0 to 7, and one row of eight columns. */
  @Example
  void goldenVectorsOfLayers() {
    try (Arena arena = Arena.ofConfined()) {
      IntegerGrid grid = new IntegerGrid(4, 0, true, stored(0, DType.F16));
      int[][] row = {{0, 1, 2, 3, 4, 5, 6, 7}};
      int[][] column = {{0}, {1}, {2}, {3}, {4}, {5}, {6}, {7}};
      LayerPlan wide = GridSolutions.plan(1, 8, DType.F16, grid);
      LayerPlan tall = GridSolutions.plan(8, 1, DType.F16, grid);
      Solution ofRow = GridSolutions.of(grid, row, unit(grid, 1, 8, arena), arena);
      Solution ofColumn = GridSolutions.of(grid, column, unit(grid, 8, 1, arena), arena);
      Map<String, TensorView> packed =
          encode(new CompressedTensorsLayer(ENCODER, READER), wide, ofRow, arena);
      assertArrayEquals(new int[] {0x76543210}, ints(packed.get("layer.weight_packed")));
      Map<String, TensorView> gptq = encode(new GptqLayer(1, ENCODER, READER), wide, ofRow, arena);
      assertArrayEquals(new int[] {0x76543210}, ints(gptq.get("layer.qweight")));
      Map<String, TensorView> first =
          encode(new GptqLayer(1, ENCODER, READER), tall, ofColumn, arena);
      assertArrayEquals(new int[] {0x77777777}, ints(first.get("layer.qzeros")));
      Map<String, TensorView> second =
          encode(new GptqLayer(0, ENCODER, READER), tall, ofColumn, arena);
      assertArrayEquals(new int[] {0x88888888}, ints(second.get("layer.qzeros")));
      Map<String, TensorView> awq = encode(new AwqLayer(ENCODER, READER), tall, ofColumn, arena);
      assertArrayEquals(new int[] {0x75316420}, ints(awq.get("layer.qweight")));
      assertArrayEquals(new int[] {0x88888888}, ints(awq.get("layer.qzeros")));
    }
  }

  /** Packed along the rows by compressed-tensors 0.20.1 (pack_to_int32, packed_dim 0). */
  @Example
  void goldenZeroPointsOfCompressedTensors() {
    int[] three = {
      0xA878CEA8, 0x43C67543, 0xCEA878CE, 0x7543C675, 0x78CEA878, 0xC67543C6, 0x0078CEA8, 0x00C67543
    };
    int[] four = {
      0x3E94FA50, 0x61C72D83, 0xB61C72D8, 0xE94FA50B, 0x3E94FA50,
      0x61C72D83, 0xB61C72D8, 0xE94FA50B, 0x3E94FA50, 0x61C72D83
    };
    assertArrayEquals(three, zeroPoints(3));
    assertArrayEquals(four, zeroPoints(4));
  }

  /** Of 40 rows in 2 groups: (5 r + 3 g) mod 2^bits. */
  private static int[] zeroPoints(int bits) {
    int rows = 40;
    int groups = 2;
    try (Arena arena = Arena.ofConfined()) {
      IntegerGrid grid = new IntegerGrid(bits, 4, false, stored(0, DType.F16));
      GridParameters parameters = GridParameters.allocate(grid, rows, 4 * groups, arena);
      int[][] codes = new int[rows][4 * groups];
      for (int r = 0; r < rows; r++) {
        for (int g = 0; g < groups; g++) {
          parameters.scales().set(r, g, 0.5f);
          parameters.zeroPoints().set(r, g, (5 * r + 3 * g) % (1 << bits));
        }
      }
      LayerPlan plan = GridSolutions.plan(rows, 4 * groups, DType.F16, grid);
      Solution solution = GridSolutions.of(grid, codes, parameters, arena);
      TensorView packed =
          encode(new CompressedTensorsLayer(ENCODER, READER), plan, solution, arena)
              .get("layer.weight_zero_point");
      assertEquals(DType.I32, packed.dtype());
      assertEquals(List.of((long) BitStream.words(rows, bits), (long) groups), packed.shape());
      return ints(packed);
    }
  }

  private static GridParameters unit(IntegerGrid grid, int rows, int columns, Arena arena) {
    GridParameters parameters = GridParameters.allocate(grid, rows, columns, arena);
    for (int r = 0; r < rows; r++) {
      parameters.scales().set(r, 0, 0.5f);
      parameters.zeroPoints().set(r, 0, 8);
    }
    return parameters;
  }

  private static GridStorage stored(int leastZeroPoint, DType... scales) {
    return new GridStorage(Set.of(scales), DType.F32, leastZeroPoint);
  }

  /** A layer written and opened, whole and from a row in its middle, bit for bit. */
  private static void assertRoundTrip(LayerFormat format, LayerPlan plan, long seed) {
    try (Arena arena = Arena.ofShared()) {
      Solution solution = GridSolutions.random(plan, seed, arena);
      Map<String, TensorView> views = encode(format, plan, solution, arena);
      StoredTensor stored = format.open(plan, views::get);
      Matrix t = READER.matrix(stored, arena);
      assertEquals(-1, t.segment().mismatch(solution.weights().segment()), plan::toString);
      int rows = plan.layer().rows();
      int from = new SplittableRandom(seed).nextInt(rows);
      Matrix some = Matrix.allocate(arena, rows - from, plan.layer().columns());
      READER.decodeRows(stored, from, some);
      assertEquals(-1, some.segment().mismatch(t.rowRange(from, rows).segment()));
    }
  }

  private static int bits(int index) {
    return new int[] {2, 3, 4, 8}[index];
  }

  @Property(tries = 150)
  void compressedTensorsLayersComeBack(
      @ForAll @IntRange(min = 0, max = 3) int bits,
      @ForAll boolean symmetric,
      @ForAll @IntRange(min = 1, max = 75) int rows,
      @ForAll @IntRange(min = 1, max = 37) int groupSize,
      @ForAll @IntRange(min = 1, max = 3) int groups,
      @ForAll DType dtype,
      @ForAll long seed) {
    DType type = dtype.isComputable() ? dtype : DType.BF16;
    IntegerGrid grid = new IntegerGrid(bits(bits), groupSize, symmetric, stored(0, type));
    LayerPlan plan = GridSolutions.plan(rows, groupSize * groups, type, grid);
    assertRoundTrip(new CompressedTensorsLayer(ENCODER, READER), plan, seed);
  }

  @Property(tries = 150)
  void gptqLayersComeBack(
      @ForAll @IntRange(min = 0, max = 3) int bits,
      @ForAll boolean symmetric,
      @ForAll @IntRange(min = 0, max = 1) int offset,
      @ForAll @IntRange(min = 1, max = 75) int rows,
      @ForAll @IntRange(min = 1, max = 103) int columns,
      @ForAll @IntRange(min = 0, max = 40) int groupSize,
      @ForAll long seed) {
    GridStorage storage = stored(offset, DType.F16, DType.BF16);
    IntegerGrid grid = new IntegerGrid(bits(bits), groupSize, symmetric, storage);
    LayerPlan plan = GridSolutions.plan(rows, columns, DType.BF16, grid);
    assertRoundTrip(new GptqLayer(offset, ENCODER, READER), plan, seed);
  }

  @Property(tries = 150)
  void awqLayersComeBack(
      @ForAll boolean symmetric,
      @ForAll @IntRange(min = 1, max = 35) int eights,
      @ForAll @IntRange(min = 1, max = 103) int columns,
      @ForAll @IntRange(min = 0, max = 40) int groupSize,
      @ForAll long seed) {
    IntegerGrid grid = new IntegerGrid(4, groupSize, symmetric, stored(0, DType.F16));
    LayerPlan plan = GridSolutions.plan(8 * eights, columns, DType.F16, grid);
    assertRoundTrip(new AwqLayer(ENCODER, READER), plan, seed);
  }

  @Example
  void aValueOffItsGridIsNotPacked() {
    try (Arena arena = Arena.ofConfined()) {
      IntegerGrid grid = new IntegerGrid(4, 0, true, stored(0, DType.F16));
      LayerPlan plan = GridSolutions.plan(8, 32, DType.F16, grid);
      Solution solution = GridSolutions.random(plan, 1, arena);
      float value = solution.weights().get(3, 5);
      solution.weights().set(3, 5, value + Math.ulp(value + 1));
      for (LayerFormat format :
          new LayerFormat[] {
            new CompressedTensorsLayer(ENCODER, READER),
            new GptqLayer(1, ENCODER, READER),
            new AwqLayer(ENCODER, READER)
          }) {
        String message =
            assertThrows(
                    IllegalStateException.class,
                    () -> format.encode(plan, solution, (name, data) -> {}))
                .getMessage();
        assertTrue(message.contains("layer, row 3"), message);
      }
    }
  }
}
