// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.checkpoint.StoredTensor;
import dev.awp.checkpoint.TensorReader;
import dev.awp.kernel.Compute;
import dev.awp.tensor.Matrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.util.List;
import java.util.Optional;

/**
 * Decodes weights of one block into memory that the caller owns.
 *
 * @param index of the block
 */
record BlockWeights(
    ModelLayout layout,
    int index,
    WeightSource source,
    Compute compute,
    SegmentAllocator allocator) {
  /**
   * A linear layer, or some of the rows of a fused one.
   *
   * @param weight [dOut, dIn]
   * @param bias [1, dOut]
   */
  record Linear(Matrix weight, Optional<Matrix> bias) {
    private Linear rows(int from, int to) {
      return new Linear(weight.rowRange(from, to), bias.map(b -> b.columnRange(from, to)));
    }
  }

  /** A linear layer of the block by its module's name in the block. */
  Linear linear(String module, boolean hasBias) {
    String name = layout.prefix(index) + module;
    Matrix weight = matrix(name + ".weight");
    return new Linear(weight, hasBias ? Optional.of(matrix(name + ".bias")) : Optional.empty());
  }

  /**
   * Linear layers that share an input, fused in one tensor or not.
   *
   * @param modules one for each of {@code rows}, or one for all
   * @param rows dOut of each
   */
  List<Linear> linears(List<String> modules, boolean hasBias, List<Integer> rows) {
    if (modules.size() == rows.size()) {
      return modules.stream().map(module -> linear(module, hasBias)).toList();
    }
    Linear fused = linear(modules.getFirst(), hasBias);
    Linear[] parts = new Linear[rows.size()];
    int from = 0;
    for (int i = 0; i < parts.length; i++) {
      parts[i] = fused.rows(from, from + rows.get(i));
      from += rows.get(i);
    }
    return List.of(parts);
  }

  /** The weights of a norm as they are multiplied with. */
  MemorySegment norm(String module) {
    Matrix weight = matrix(layout.prefix(index) + module + ".weight");
    addOffset(weight, layout.architecture().norms().offset());
    return weight.row(0);
  }

  /** A tensor of the block that stays in its file until it is decoded. */
  StoredTensor view(String tensor) {
    return source.tensor(layout.prefix(index) + tensor);
  }

  /** A tensor by its whole name, [rows, columns] or [1, n]. */
  Matrix matrix(String name) {
    StoredTensor view = source.tensor(name);
    Matrix matrix =
        new TensorReader(compute.kernels()).finiteMatrix(view, allocator, compute.workers());
    view.release();
    return matrix;
  }

  /** Adds a constant to the one row of a norm's weights. */
  static void addOffset(Matrix weight, float offset) {
    if (offset != 0) {
      MemorySegment row = weight.row(0);
      for (int i = 0; i < weight.columns(); i++) {
        row.setAtIndex(JAVA_FLOAT, i, row.getAtIndex(JAVA_FLOAT, i) + offset);
      }
    }
  }
}
