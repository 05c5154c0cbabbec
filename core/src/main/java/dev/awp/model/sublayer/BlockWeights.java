// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model.sublayer;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.blas.Blas;
import dev.awp.blas.Blas.Op;
import dev.awp.blas.RightOperand;
import dev.awp.blas.RowSource;
import dev.awp.compute.Compute;
import dev.awp.model.ModelLayout;
import dev.awp.model.WeightSource;
import dev.awp.model.recurrence.ShortConvolution;
import dev.awp.stored.StoredRows;
import dev.awp.stored.StoredTensor;
import dev.awp.stored.TensorReader;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Decodes weights of one block into memory that the caller owns.
 *
 * @param index of the block
 */
public record BlockWeights(
    ModelLayout layout, int index, WeightSource source, Compute compute, Arena arena) {
  /**
   * A linear layer, or some of the rows of a fused one.
   *
   * @param transposed W^T, [dIn, dOut], to multiply with
   * @param bias [1, dOut]
   */
  record Linear(RightOperand transposed, Optional<Matrix> bias) {
    /** In float32; W is read when it is multiplied with. */
    static Linear of(Matrix weight, Optional<Matrix> bias, Compute compute) {
      return new Linear(RightOperand.plain(compute.parallelBlas(), Op.TRANSPOSE, weight), bias);
    }
  }

  /** A linear layer of the block by its module's name in the block. */
  Linear linear(String module, boolean hasBias) {
    return parts(module, hasBias, List.of()).getFirst();
  }

  /** W^T in parts of W's rows, or whole where none are named. */
  private List<Linear> parts(String module, boolean hasBias, List<Integer> rows) {
    String name = layout.prefix(index) + module;
    Blas blas = compute.parallelBlas();
    StoredTensor stored = source.tensor(name + ".weight");
    StoredRows weight = new TensorReader(compute.kernels()).storedRows(stored);
    Optional<Matrix> bias = hasBias ? Optional.of(matrix(name + ".bias")) : Optional.empty();
    List<Linear> parts = new ArrayList<>();
    int from = 0;
    for (int count : rows.isEmpty() ? List.of(weight.rows()) : rows) {
      int first = from;
      int end = from + count;
      RowSource part = weight.range(first, end);
      parts.add(
          new Linear(
              blas.prepare(Op.TRANSPOSE, part, compute.workers(), arena),
              bias.map(b -> b.columnRange(first, end))));
      from = end;
    }
    stored.release();
    return parts;
  }

  /** Some of the rows of a linear layer without a bias, by the whole name of its weights. */
  Linear rows(String tensor, int from, int to) {
    StoredTensor stored = source.tensor(tensor);
    RowSource part = new TensorReader(compute.kernels()).storedRows(stored).range(from, to);
    Linear linear =
        new Linear(
            compute.parallelBlas().prepare(Op.TRANSPOSE, part, compute.workers(), arena),
            Optional.empty());
    stored.release();
    return linear;
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
    return parts(modules.getFirst(), hasBias, rows);
  }

  /**
   * The weights of a norm as they are multiplied with; those of several rows one after the other.
   */
  public MemorySegment norm(String module) {
    return normOf(layout.prefix(index) + module);
  }

  /** The same by a module's whole name. */
  MemorySegment normOf(String module) {
    Matrix weight = matrix(module + ".weight");
    addOffset(weight, layout.architecture().norms().offset());
    return weight.segment();
  }

  /** A vector of the block. */
  public MemorySegment vector(String tensor) {
    return matrix(layout.prefix(index) + tensor).row(0);
  }

  /**
   * A short convolution of the block.
   *
   * @param tensor of its weights [channels, 1, K]
   * @param bias tensor of its bias
   */
  ShortConvolution convolution(String tensor, Optional<String> bias) {
    StoredTensor stored = view(tensor);
    Matrix byChannel =
        new TensorReader(compute.kernels()).finiteMatrix(stored, arena, compute.workers());
    int channels = byChannel.rows();
    int kernel = byChannel.columns();
    Matrix byToken = Matrix.allocate(arena, kernel, channels);
    for (int c = 0; c < channels; c++) {
      for (int k = 0; k < kernel; k++) {
        byToken.set(k, c, byChannel.get(c, k));
      }
    }
    stored.release();
    return new ShortConvolution(
        byToken, bias.map(this::vector), RowOperations.ones(channels, arena), compute);
  }

  /** A tensor of the block that stays in its file until it is decoded. */
  StoredTensor view(String tensor) {
    return source.tensor(layout.prefix(index) + tensor);
  }

  /** A tensor by its whole name, [rows, columns] or [1, n]. */
  public Matrix matrix(String name) {
    StoredTensor view = source.tensor(name);
    Matrix matrix =
        new TensorReader(compute.kernels()).finiteMatrix(view, arena, compute.workers());
    view.release();
    return matrix;
  }

  /** Adds a constant to all of a norm's weights. */
  public static void addOffset(Matrix weight, float offset) {
    if (offset != 0) {
      MemorySegment all = weight.segment();
      for (long i = 0; i < weight.size(); i++) {
        all.setAtIndex(JAVA_FLOAT, i, all.getAtIndex(JAVA_FLOAT, i) + offset);
      }
    }
  }
}
