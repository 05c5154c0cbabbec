// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.stored;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.AwpException;
import dev.awp.kernel.Kernels;
import dev.awp.tensor.DType;
import dev.awp.tensor.Float4;
import dev.awp.tensor.Float8;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Rows of a matrix in MXFP4 (OCP Microscaling Formats 1.0) as transformers' "mxfp4" has them: two
 * four-bit floats a byte, the first in the low half, and a power of two for each 32 of them.
 */
public final class Mxfp4Tensor implements EncodedTensor {
  /** Columns that share a power of two. */
  public static final int BLOCK = 32;

  private static final int BLOCK_BYTES = BLOCK / 2;

  private final String name;
  private final TensorView blocks;
  private final TensorView scales;
  private final long firstRow;
  private final long rowStep;
  private final List<Long> shape;
  private final StoredType type;

  /**
   * Such rows.
   *
   * @param blocks bytes of four-bit floats, U8, 16 a block, row after row
   * @param scales exponents, U8, one a block
   * @param firstRow of those that the two tensors hold
   * @param rowStep from a row to the next
   * @param shape rows and columns
   * @param written the element type in which the values are written again
   */
  public Mxfp4Tensor(
      String name,
      TensorView blocks,
      TensorView scales,
      long firstRow,
      long rowStep,
      List<Long> shape,
      DType written) {
    this.name = name;
    this.blocks = blocks;
    this.scales = scales;
    this.firstRow = firstRow;
    this.rowStep = rowStep;
    this.shape = List.copyOf(shape);
    this.type = new StoredType("MXFP4", Optional.of(written));
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public List<Long> shape() {
    return shape;
  }

  @Override
  public StoredType type() {
    return type;
  }

  @Override
  public List<TensorView> parts() {
    return List.of(blocks, scales);
  }

  @Override
  public long byteSize() {
    return shape.getFirst() * shape.getLast() / BLOCK * (BLOCK_BYTES + 1);
  }

  @Override
  public Path file() {
    return blocks.file();
  }

  @Override
  public void decodeRows(int first, Matrix destination, Kernels kernels) {
    int count = destination.columns() / BLOCK;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment codes = arena.allocate((long) count * BLOCK_BYTES);
      MemorySegment exponents = arena.allocate(count);
      for (int r = 0; r < destination.rows(); r++) {
        long row = firstRow + (first + r) * rowStep;
        blocks.copyTo(row * count * BLOCK_BYTES, codes);
        scales.copyTo(row * count, exponents);
        for (int b = 0; b < count; b++) {
          decode(codes, exponents, b, destination.row(r));
        }
      }
    }
  }

  private void decode(MemorySegment codes, MemorySegment exponents, int block, MemorySegment row) {
    float scale = Float8.value(DType.F8_E8M0, exponents.get(JAVA_BYTE, block) & 0xff);
    if (Float.isNaN(scale)) {
      throw new AwpException(
          "%s: tensor %s holds a scale of 255, which is no number".formatted(file(), name));
    }
    for (int i = 0; i < BLOCK_BYTES; i++) {
      int both = codes.get(JAVA_BYTE, (long) block * BLOCK_BYTES + i) & 0xff;
      long at = (long) block * BLOCK + 2L * i;
      row.setAtIndex(JAVA_FLOAT, at, Float4.value(both & 0xf) * scale);
      row.setAtIndex(JAVA_FLOAT, at + 1, Float4.value(both >> 4) * scale);
    }
  }
}
