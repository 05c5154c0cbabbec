// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.tensor;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.constraint.BlockGrid;
import dev.awp.gguf.block.BlockCodec;
import dev.awp.gguf.block.BlockRow;
import dev.awp.kernel.Kernels;
import dev.awp.stored.EncodedTensor;
import dev.awp.stored.StoredType;
import dev.awp.stored.TensorView;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;

/**
 * A tensor of a GGUF file as it is in the checkpoint: rows in their own order, without padding.
 *
 * @param bytes as they lie in the file
 */
public record GgufStoredTensor(GgufTensorPlan plan, TensorView bytes) implements EncodedTensor {
  @Override
  public String name() {
    return plan.source();
  }

  @Override
  public List<Long> shape() {
    return plan.vector()
        ? List.of((long) plan.columns())
        : List.of((long) plan.rows(), (long) plan.columns());
  }

  @Override
  public StoredType type() {
    return plan.type().dtype().map(StoredType::of).orElse(StoredType.codes(plan.type().name()));
  }

  @Override
  public List<TensorView> parts() {
    return List.of(bytes);
  }

  @Override
  public Path file() {
    return bytes.file();
  }

  @Override
  public void decodeRows(int firstRow, Matrix destination, Kernels kernels) {
    int rowBytes = Math.toIntExact(plan.type().rowBytes(plan.paddedColumns()));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment stored = arena.allocate(rowBytes, 64);
      RowDecoder decoder = decoder(kernels, arena);
      for (int r = 0; r < destination.rows(); r++) {
        int at = plan.vector() ? 0 : plan.order().stored(firstRow + r);
        bytes.copyTo((long) at * rowBytes, stored);
        decoder.decode(stored, destination.row(r));
      }
    }
  }

  /** Decodes one stored row; with scratch for one thread. */
  private interface RowDecoder {
    void decode(MemorySegment stored, MemorySegment row);
  }

  private RowDecoder decoder(Kernels kernels, Arena arena) {
    if (plan.type().grid().isPresent()) {
      return blockDecoder(plan.type().grid().get());
    }
    MemorySegment padded = arena.allocate(JAVA_FLOAT, plan.paddedColumns());
    return (stored, row) -> {
      switch (plan.type()) {
        case F32 -> kernels.conversion().decodeF32(stored, padded);
        case F16 -> kernels.conversion().decodeF16(stored, padded);
        case BF16 -> kernels.conversion().decodeBf16(stored, padded);
        default -> throw new IllegalArgumentException("awp does not decode " + plan.type());
      }
      for (int j = 0; j < plan.columns(); j++) {
        // The entries of a bias are ordered as its matrix's rows are.
        int from = plan.vector() ? plan.order().stored(j) : j;
        row.setAtIndex(JAVA_FLOAT, j, padded.getAtIndex(JAVA_FLOAT, from) - plan.offset());
      }
    };
  }

  private RowDecoder blockDecoder(BlockGrid grid) {
    BlockCodec codec = BlockCodec.of(grid);
    BlockRow blocks = new BlockRow(grid, plan.columns(), plan.paddedColumns());
    byte[] some = new byte[Math.toIntExact(plan.type().rowBytes(plan.paddedColumns()))];
    return (stored, row) -> {
      MemorySegment.copy(stored, JAVA_BYTE, 0, some, 0, some.length);
      codec.unpack(some, blocks);
      blocks.give(row);
    };
  }
}
