// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.block;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.constraint.GridParameters;
import dev.awp.constraint.codebook.CodebookGrid;
import dev.awp.constraint.codebook.VectorCodes;
import dev.awp.gguf.codebook.CodebookCodec;
import dev.awp.gguf.codebook.VectorBlock;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/** The rows of a type whose codes name vectors of a codebook, block by block. */
final class CodebookRows implements BlockRows {
  private final CodebookGrid grid;
  private final CodebookCodec codec;
  private final int columns;
  private final VectorCodes codes;
  private final VectorBlock block;
  private final byte[] bytes;
  private final float[] decoded = new float[CodebookGrid.BLOCK];

  CodebookRows(CodebookGrid grid, CodebookCodec codec, int columns, int blockBytes) {
    this.grid = grid;
    this.codec = codec;
    this.columns = columns;
    this.codes = new VectorCodes(grid);
    this.block =
        new VectorBlock(
            CodebookGrid.BLOCK / grid.groupColumns(),
            CodebookGrid.BLOCK / grid.codebook().columns());
    this.bytes = new byte[blockBytes];
  }

  @Override
  public void write(
      MemorySegment values, GridParameters parameters, int row, MemorySegment stored) {
    float[] all = values.toArray(JAVA_FLOAT);
    writeZeros(stored);
    for (int unit = 0; unit < Math.ceilDiv(columns, CodebookGrid.BLOCK); unit++) {
      take(all, parameters, row, unit);
      Arrays.fill(bytes, (byte) 0);
      codec.encode(block, bytes);
      MemorySegment.copy(bytes, 0, stored, JAVA_BYTE, (long) unit * bytes.length, bytes.length);
    }
  }

  private void take(float[] all, GridParameters parameters, int row, int unit) {
    float superScale = parameters.superScale(row, unit);
    block.clear();
    block.setD(superScale / grid.step());
    int from = unit * CodebookGrid.BLOCK;
    int to = Math.min(columns, from + CodebookGrid.BLOCK);
    for (int first = from; first < to; first += grid.runLength()) {
      int group = first / grid.groupColumns();
      float scale = parameters.scales().get(row, group);
      float zeroPoint = parameters.zeroPoints().get(row, group);
      int n = Math.min(grid.runLength(), to - first);
      if (!codes.take(all, first, n, scale, zeroPoint)) {
        throw new IllegalStateException(
            "row %s, column %s: the values there are no vector of %s at the scale %s"
                .formatted(row, first, grid, scale));
      }
      int factor = superScale == 0 ? 1 : Math.round(scale / superScale);
      block.setScale((first - from) / grid.groupColumns(), factor / 2);
      int vectors = grid.runLength() / grid.codebook().columns();
      for (int k = 0; k < vectors; k++) {
        int vector = (first - from) / grid.codebook().columns() + k;
        block.setVector(vector, codes.code(k), codes.signs(k));
      }
    }
  }

  /** With d of 0 a block is zero whatever its codes are. */
  @Override
  public void writeZeros(MemorySegment stored) {
    stored.fill((byte) 0);
  }

  @Override
  public void read(MemorySegment stored, MemorySegment values) {
    long from = 0;
    for (int first = 0; first < columns; first += decoded.length) {
      MemorySegment.copy(stored, JAVA_BYTE, from, bytes, 0, bytes.length);
      codec.decode(bytes, decoded);
      int count = Math.min(decoded.length, columns - first);
      MemorySegment.copy(decoded, 0, values, JAVA_FLOAT, (long) first * Float.BYTES, count);
      from += bytes.length;
    }
  }
}
