// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.constraint.block;

import dev.awp.constraint.GridParameters;
import dev.awp.constraint.RowProjection;
import dev.awp.constraint.affine.AffineGrid;
import dev.awp.constraint.affine.GroupNumbers;
import dev.awp.constraint.affine.Levels;
import dev.awp.kernel.ArithmeticKernels;
import dev.awp.kernel.Kernels;
import dev.awp.tensor.DType;
import dev.awp.tensor.Matrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.util.Optional;

/**
 * A grid of blocks for one matrix, whose scales are all multiplied by a power of two ({@link
 * MatrixScale}). Scales are the products everywhere outside.
 */
record ScaledBlocks(BlockGrid blocks, float factor) implements AffineGrid {
  @Override
  public AffineGrid of(Matrix weights) {
    return this;
  }

  @Override
  public int maxCode() {
    return blocks.maxCode();
  }

  @Override
  public Optional<Levels> levels() {
    return blocks.levels();
  }

  @Override
  public boolean hasMinimums() {
    return blocks.hasMinimums();
  }

  @Override
  public boolean hasNegativeScales() {
    return blocks.hasNegativeScales();
  }

  @Override
  public boolean hasZero() {
    return blocks.hasZero();
  }

  @Override
  public DType valueType() {
    return blocks.valueType();
  }

  @Override
  public int groupSize(int columns) {
    return blocks.groupSize(columns);
  }

  @Override
  public int unitSize(int columns) {
    return blocks.unitSize(columns);
  }

  @Override
  public GridParameters.Counts numbers(int columns) {
    return blocks.numbers(columns);
  }

  @Override
  public int candidates() {
    return blocks.candidates();
  }

  @Override
  public void candidate(int index, double least, double most, GroupNumbers found) {
    blocks.candidate(index, least / factor, most / factor, found);
    found.setScale(found.scale() * factor);
  }

  @Override
  public int neighbours() {
    return blocks.neighbours();
  }

  @Override
  public void neighbour(int index, GroupNumbers group) {
    group.setScale(group.scale() / factor);
    blocks.neighbour(index, group);
    group.setScale(group.scale() * factor);
  }

  @Override
  public float movedScale(GroupNumbers group, double step) {
    float moved = (float) ((group.scale() + step) / factor);
    return step == 0 ? group.scale() : blocks.storableScale(moved, 0) * factor;
  }

  @Override
  public float movedMinimum(GroupNumbers group, double step) {
    return blocks.movedMinimum(group, step);
  }

  @Override
  public String describe() {
    return blocks.describe();
  }

  @Override
  public RowProjection rowProjection(Kernels kernels, int columns, SegmentAllocator allocator) {
    RowProjection projection = new BlockFit(blocks, kernels, columns, allocator)::project;
    ArithmeticKernels arithmetic = kernels.arithmetic();
    MemorySegment scaled = allocator.allocate((long) columns * Float.BYTES, Float.BYTES);
    return (z, t, parameters, row) -> {
      arithmetic.scale(z, 1 / factor, scaled);
      projection.project(scaled, t, parameters, row);
      MemorySegment scales = parameters.scales().row(row);
      arithmetic.scale(t, factor, t);
      arithmetic.scale(scales, factor, scales);
    };
  }

  @Override
  public Optional<String> check(Matrix t, GridParameters parameters) {
    return blocks.check(t, parameters);
  }
}
