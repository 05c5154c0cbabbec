// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.constraint;

import dev.awp.kernel.Kernels;
import dev.awp.tensor.Matrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.util.Optional;

/**
 * Sparse and on a grid at once. Projecting selects first and then rounds the survivors to a grid
 * that is fitted to the selected row; zeros stay zero, since zero is on every grid. A survivor may
 * round to zero, so a row can have fewer non-zeros than allowed.
 */
public record SparseGrid(Sparsity pattern, Grid integers) implements Constraint {
  public SparseGrid {
    if (!integers.hasZero()) {
      throw new IllegalArgumentException(
          "a sparse matrix needs exact zeros, which '%s' cannot hold"
              .formatted(integers.describe()));
    }
  }

  @Override
  public SparseGrid of(Matrix weights) {
    return new SparseGrid(pattern, integers.of(weights));
  }

  @Override
  public Optional<Grid> grid() {
    return Optional.of(integers);
  }

  @Override
  public Optional<Sparsity> sparsity() {
    return Optional.of(pattern);
  }

  @Override
  public String describe() {
    return pattern.describe() + ", " + integers.describe();
  }

  @Override
  public RowProjection rowProjection(Kernels kernels, int columns, SegmentAllocator allocator) {
    MemorySegment selected = allocator.allocate((long) columns * Float.BYTES, Float.BYTES);
    RowProjection round = integers.rowProjection(kernels, columns, allocator);
    return (z, t, parameters, row) -> {
      pattern.select(kernels, z, z, selected);
      round.project(selected, t, parameters, row);
    };
  }

  @Override
  public Optional<String> check(Matrix t, GridParameters parameters) {
    return pattern.check(t, parameters).or(() -> integers.check(t, parameters));
  }
}
