// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.block;

import dev.awp.constraint.Grid;
import dev.awp.constraint.block.BlockGrid;
import dev.awp.constraint.codebook.CodebookGrid;
import dev.awp.gguf.codebook.CodebookCodec;
import dev.awp.gguf.codebook.Iq1MBlocks;
import dev.awp.gguf.codebook.Iq1SBlocks;
import dev.awp.gguf.codebook.Iq2SBlocks;
import dev.awp.gguf.codebook.Iq2XsBlocks;
import dev.awp.gguf.codebook.Iq2XxsBlocks;
import dev.awp.gguf.codebook.Iq3SBlocks;
import dev.awp.gguf.codebook.Iq3XxsBlocks;
import dev.awp.gguf.codec.BitBlocks;
import dev.awp.gguf.codec.BlockCodec;
import dev.awp.gguf.codec.ByteBlocks;
import dev.awp.gguf.codec.Iq4XsBlocks;
import dev.awp.gguf.codec.LevelBlocks;
import dev.awp.gguf.codec.MinimumBlocks;
import dev.awp.gguf.codec.NibbleBlocks;
import dev.awp.gguf.codec.Q2Blocks;
import dev.awp.gguf.codec.Q3Blocks;
import dev.awp.gguf.codec.Q6Blocks;
import dev.awp.gguf.codec.ScaleBytes;
import dev.awp.gguf.codec.Tq1Blocks;
import dev.awp.kernel.ConversionKernels;
import dev.awp.kernel.Kernels;
import dev.awp.tensor.DType;
import java.util.Arrays;
import java.util.Optional;

/**
 * Tensor types of GGUF, a row each: id, columns and bytes of a block, file type, and what makes it
 * readable: the element type of single numbers, or a grid and the bytes of its blocks. What is
 * read, written, proposed and explained of types anywhere follows this list. Types with none of
 * these are no types of weights in llama.cpp: whole numbers, float64, and the blocks that it rounds
 * activations to.
 */
@SuppressWarnings("ImmutableEnumChecker") // grids are records and enums, the others hold nothing
public enum BlockType {
  F32(0, 4, 0, DType.F32),
  F16(1, 2, 1, DType.F16),
  BF16(30, 2, 32, DType.BF16),
  Q4_0(2, 32, 18, 2, BlockGrid.Q4_0, new NibbleBlocks()),
  Q4_1(3, 32, 20, 3, BlockGrid.Q4_1, new NibbleBlocks()),
  Q5_0(6, 32, 22, 8, BlockGrid.Q5_0, new NibbleBlocks()),
  Q5_1(7, 32, 24, 9, BlockGrid.Q5_1, new NibbleBlocks()),
  Q8_0(8, 32, 34, 7, BlockGrid.Q8_0, new ByteBlocks()),
  Q8_1(9, 32, 36),
  Q2_K(10, 256, 84, 10, BlockGrid.Q2_K, new Q2Blocks()),
  Q3_K(11, 256, 110, 11, BlockGrid.Q3_K, new Q3Blocks()),
  Q4_K(12, 256, 144, 14, BlockGrid.Q4_K, new MinimumBlocks()),
  Q5_K(13, 256, 176, 16, BlockGrid.Q5_K, new MinimumBlocks()),
  Q6_K(14, 256, 210, 18, BlockGrid.Q6_K, new Q6Blocks()),
  Q8_K(15, 256, 292),
  IQ2_XXS(16, 256, 66, 19, CodebookGrid.IQ2_XXS, new Iq2XxsBlocks()),
  IQ2_XS(17, 256, 74, 20, CodebookGrid.IQ2_XS, new Iq2XsBlocks()),
  IQ3_XXS(18, 256, 98, 23, CodebookGrid.IQ3_XXS, new Iq3XxsBlocks()),
  IQ1_S(19, 256, 50, 24, CodebookGrid.IQ1_S, new Iq1SBlocks()),
  IQ4_NL(20, 32, 18, 25, BlockGrid.IQ4_NL, new LevelBlocks(ScaleBytes.HALF, 1)),
  IQ3_S(21, 256, 110, 26, CodebookGrid.IQ3_S, new Iq3SBlocks()),
  IQ2_S(22, 256, 82, 28, CodebookGrid.IQ2_S, new Iq2SBlocks()),
  IQ4_XS(23, 256, 136, 30, BlockGrid.IQ4_XS, new Iq4XsBlocks()),
  I8(24, 1, 1),
  I16(25, 1, 2),
  I32(26, 1, 4),
  I64(27, 1, 8),
  F64(28, 1, 8),
  IQ1_M(29, 256, 56, 31, CodebookGrid.IQ1_M, new Iq1MBlocks()),
  TQ1_0(34, 256, 54, 36, BlockGrid.TQ1_0, new Tq1Blocks()),
  TQ2_0(35, 256, 66, 37, BlockGrid.TQ2_0, new BitBlocks(32, false)),
  MXFP4(39, 32, 17, 38, BlockGrid.MXFP4, new LevelBlocks(ScaleBytes.E8M0, 1)),
  NVFP4(40, 64, 36, 39, BlockGrid.NVFP4, new LevelBlocks(ScaleBytes.UE4M3, 4)),
  Q1_0(41, 128, 18, 40, BlockGrid.Q1_0, new BitBlocks(1, true)),
  Q2_0(42, 64, 18, 41, BlockGrid.Q2_0, new BitBlocks(1, true));

  /** Of no type in particular, as llama.cpp has it. */
  private static final int GUESSED = 1024;

  private final int id;
  private final int blockColumns;
  private final int blockBytes;
  private final int fileType;
  private final Optional<DType> dtype;
  private final Optional<Grid> grid;
  private final Optional<BlockRows.Maker> rows;

  /** Any type. */
  BlockType(
      int id,
      int blockColumns,
      int blockBytes,
      int fileType,
      Optional<DType> dtype,
      Optional<Grid> grid,
      Optional<BlockRows.Maker> rows) {
    this.id = id;
    this.blockColumns = blockColumns;
    this.blockBytes = blockBytes;
    this.fileType = fileType;
    this.dtype = dtype;
    this.grid = grid;
    this.rows = rows;
  }

  /** Single numbers. */
  BlockType(int id, int bytes, int fileType, DType dtype) {
    this(id, 1, bytes, fileType, Optional.of(dtype), Optional.empty(), Optional.empty());
  }

  /** Only a name and a size. */
  BlockType(int id, int columns, int bytes) {
    this(id, columns, bytes, GUESSED, Optional.empty(), Optional.empty(), Optional.empty());
  }

  /** Blocks of equal steps. */
  BlockType(int id, int columns, int bytes, int fileType, BlockGrid grid, BlockCodec codec) {
    this(
        id,
        columns,
        bytes,
        fileType,
        grid,
        (of, padded) ->
            new AffineRows(grid, codec, of, padded, Math.multiplyExact(padded / columns, bytes)));
  }

  /** Blocks whose codes name vectors. */
  BlockType(int id, int columns, int bytes, int fileType, CodebookGrid grid, CodebookCodec codec) {
    this(id, columns, bytes, fileType, grid, (of, _) -> new CodebookRows(grid, codec, of, bytes));
  }

  /** Blocks of any grid. */
  BlockType(int id, int columns, int bytes, int fileType, Grid grid, BlockRows.Maker rows) {
    this(id, columns, bytes, fileType, Optional.empty(), Optional.of(grid), Optional.of(rows));
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
  public Optional<Grid> grid() {
    return grid;
  }

  /** Whether it has blocks that awp writes, and these hold exact zeros. */
  public boolean hasZero() {
    return grid.filter(Grid::hasZero).isPresent();
  }

  /** Whether a tensor of this type has a scale beside it in the file. */
  public boolean hasMatrixScale() {
    return grid.filter(some -> some instanceof BlockGrid own && own.hasMatrixScale()).isPresent();
  }

  /** The checkpoint's type that is the same, where there is one. */
  public Optional<DType> dtype() {
    return dtype;
  }

  /** Whether tensors of this type are weights, which awp reads and writes. */
  public boolean isWritable() {
    return dtype.isPresent() || grid.isPresent();
  }

  /** Bytes of a row of so many columns, a multiple of the block's. */
  public long rowBytes(long columns) {
    if (columns % blockColumns != 0) {
      throw new IllegalArgumentException(columns + " columns are no whole blocks of " + this);
    }
    return Math.multiplyExact(columns / blockColumns, blockBytes);
  }

  /**
   * What reads rows of this type.
   *
   * @param columns that hold values
   * @param paddedColumns a multiple of the block's, at least as many
   * @throws IllegalArgumentException where the type is none of weights
   */
  public RowReader reader(int columns, int paddedColumns, Kernels kernels) {
    return dtype
        .map(type -> plainReader(type, columns, kernels.conversion()))
        .orElseGet(() -> blocks(columns, paddedColumns));
  }

  private static RowReader plainReader(DType type, int columns, ConversionKernels conversion) {
    long bytes = (long) columns * type.bits() / Byte.SIZE;
    return switch (type) {
      case F16 -> (stored, values) -> conversion.decodeF16(stored.asSlice(0, bytes), values);
      case BF16 -> (stored, values) -> conversion.decodeBf16(stored.asSlice(0, bytes), values);
      default -> (stored, values) -> conversion.decodeF32(stored.asSlice(0, bytes), values);
    };
  }

  /**
   * What reads and writes rows of blocks; columns as above.
   *
   * @throws IllegalArgumentException where the type has no grid
   */
  public BlockRows blocks(int columns, int paddedColumns) {
    return rows.map(maker -> maker.of(columns, paddedColumns))
        .orElseThrow(() -> new IllegalArgumentException("awp has no grid for " + this));
  }

  /** The type of that number. */
  public static Optional<BlockType> byId(int id) {
    return Arrays.stream(values()).filter(type -> type.id == id).findFirst();
  }

  /** The type whose blocks have that grid. */
  public static Optional<BlockType> of(Grid grid) {
    Grid blocks = BlockGrid.behind(grid).map(Grid.class::cast).orElse(grid);
    return Arrays.stream(values())
        .filter(type -> type.grid.filter(blocks::equals).isPresent())
        .findFirst();
  }

  /** The type of single numbers of a checkpoint's type. */
  public static Optional<BlockType> of(DType dtype) {
    return Arrays.stream(values())
        .filter(type -> type.dtype.filter(dtype::equals).isPresent())
        .findFirst();
  }
}
