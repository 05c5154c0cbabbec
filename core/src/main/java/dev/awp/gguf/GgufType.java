// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf;

import dev.awp.constraint.BlockGrid;
import dev.awp.tensor.DType;
import java.util.Arrays;
import java.util.Optional;

/** Tensor types of GGUF that awp knows: id, columns and bytes of a block. */
public enum GgufType {
  F32(0, 1, 4, 0),
  F16(1, 1, 2, 1),
  BF16(30, 1, 2, 32),
  Q4_0(2, 32, 18, 2),
  Q4_1(3, 32, 20, 3),
  Q5_0(6, 32, 22, 8),
  Q5_1(7, 32, 24, 9),
  Q8_0(8, 32, 34, 7),
  Q2_K(10, 256, 84, 10),
  Q3_K(11, 256, 110, 11),
  Q4_K(12, 256, 144, 14),
  Q5_K(13, 256, 176, 16),
  Q6_K(14, 256, 210, 18);

  private final int id;
  private final int blockColumns;
  private final int blockBytes;
  private final int fileType;

  GgufType(int id, int blockColumns, int blockBytes, int fileType) {
    this.id = id;
    this.blockColumns = blockColumns;
    this.blockBytes = blockBytes;
    this.fileType = fileType;
  }

  /** The number that a file names the type by. */
  public int id() {
    return id;
  }

  /** Columns of a block; 1 where every element stands alone. */
  public int blockColumns() {
    return blockColumns;
  }

  /** Bytes of a block. */
  public int blockBytes() {
    return blockBytes;
  }

  /** The "general.file_type" of a model most of whose weights have this type. */
  public int fileType() {
    return fileType;
  }

  /** Bits of a weight, scales included. */
  public double bitsPerWeight() {
    return 8.0 * blockBytes / blockColumns;
  }

  /** The solver's grid for this type, where it has blocks that awp writes. */
  public Optional<BlockGrid> grid() {
    return Arrays.stream(BlockGrid.values()).filter(g -> g.name().equals(name())).findFirst();
  }

  /** The checkpoint's type that is the same, where there is one. */
  public Optional<DType> dtype() {
    return blockColumns == 1 ? DType.byName(name()) : Optional.empty();
  }

  /** Whether awp writes tensors of this type. */
  public boolean isWritable() {
    return dtype().isPresent() || grid().isPresent();
  }

  /** Bytes of a row of so many columns, a multiple of the block's. */
  public long rowBytes(long columns) {
    if (columns % blockColumns != 0) {
      throw new IllegalArgumentException(columns + " columns are no whole blocks of " + this);
    }
    return Math.multiplyExact(columns / blockColumns, blockBytes);
  }

  /** The type of that number. */
  public static Optional<GgufType> byId(int id) {
    return Arrays.stream(values()).filter(type -> type.id == id).findFirst();
  }
}
