// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.tensor;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.gguf.block.RowReader;
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
    return plan.sourceShape();
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
      RowReader reader = reader(kernels, arena);
      for (int r = 0; r < destination.rows(); r++) {
        int at = plan.vector() ? 0 : plan.form().rows().stored(firstRow + r);
        bytes.copyTo((long) at * rowBytes, stored);
        reader.read(stored, destination.row(r));
      }
    }
  }

  private RowReader reader(Kernels kernels, Arena arena) {
    TensorForm form = plan.form();
    // The entries of a bias are ordered as its matrix's rows are.
    RowOrder order = plan.vector() ? form.rows() : form.columns();
    if (order.equals(RowOrder.NATURAL) && form.values() == StoredValues.SAME) {
      return plan.type().reader(plan.columns(), plan.paddedColumns(), kernels);
    }
    int padded = plan.paddedColumns();
    RowReader whole = plan.type().reader(padded, padded, kernels);
    MemorySegment values = arena.allocate(JAVA_FLOAT, padded);
    return (stored, row) -> {
      whole.read(stored, values);
      for (int j = 0; j < plan.columns(); j++) {
        float value = values.getAtIndex(JAVA_FLOAT, order.stored(j));
        row.setAtIndex(JAVA_FLOAT, j, form.values().value(value));
      }
    };
  }
}
