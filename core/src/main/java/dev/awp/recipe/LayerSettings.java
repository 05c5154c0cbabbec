// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.recipe;

import dev.awp.constraint.Sparsity;
import dev.awp.gguf.block.BlockType;
import dev.awp.solver.Effort;
import java.util.Optional;

/**
 * What is to become of a layer.
 *
 * @param ignore whether it is left alone, whatever else is said
 * @param bits 2, 3, 4 or 8
 * @param groupSize columns that share a scale, 0 for the whole row
 * @param symmetric true for a zero point in the middle of the codes
 * @param blocks the type whose grid it has, where no bits are given
 * @param solver a solver's name, where it is not the run's
 * @param effort where it is not the run's
 */
public record LayerSettings(
    boolean ignore,
    Choice<Sparsity> sparsity,
    Choice<Integer> bits,
    int groupSize,
    boolean symmetric,
    Optional<BlockType> blocks,
    Optional<String> solver,
    Optional<Effort> effort) {
  /** With a sparsity, bits, both, or neither; groups of 128 columns with zero points. */
  public static LayerSettings of(Choice<Sparsity> sparsity, Choice<Integer> bits) {
    return new LayerSettings(
        false, sparsity, bits, 128, false, Optional.empty(), Optional.empty(), Optional.empty());
  }

  /** Whether a budget has to decide something. */
  public boolean isBudgeted() {
    return !ignore && (sparsity.isBudgeted() || bits.isBudgeted());
  }

  /** What is stored depends on: without how it is found. */
  LayerSettings scheme() {
    return new LayerSettings(
        ignore, sparsity, bits, groupSize, symmetric, blocks, Optional.empty(), Optional.empty());
  }

  LayerSettings withIgnore(boolean value) {
    return new LayerSettings(value, sparsity, bits, groupSize, symmetric, blocks, solver, effort);
  }

  /** The same with another sparsity. */
  public LayerSettings withSparsity(Choice<Sparsity> value) {
    return new LayerSettings(ignore, value, bits, groupSize, symmetric, blocks, solver, effort);
  }

  /** The same with other bits. */
  public LayerSettings withBits(Choice<Integer> value) {
    return new LayerSettings(ignore, sparsity, value, groupSize, symmetric, blocks, solver, effort);
  }

  /** The same with another grid. */
  public LayerSettings withGrid(int groups, boolean middle) {
    return withGroupSize(groups).withSymmetric(middle);
  }

  /** The same with the grid of a block type where no bits are given. */
  public LayerSettings withBlocks(Optional<BlockType> value) {
    return new LayerSettings(ignore, sparsity, bits, groupSize, symmetric, value, solver, effort);
  }

  LayerSettings withGroupSize(int value) {
    return new LayerSettings(ignore, sparsity, bits, value, symmetric, blocks, solver, effort);
  }

  LayerSettings withSymmetric(boolean value) {
    return new LayerSettings(ignore, sparsity, bits, groupSize, value, blocks, solver, effort);
  }

  LayerSettings withSolver(String value) {
    return new LayerSettings(
        ignore, sparsity, bits, groupSize, symmetric, blocks, Optional.of(value), effort);
  }

  LayerSettings withEffort(Effort value) {
    return new LayerSettings(
        ignore, sparsity, bits, groupSize, symmetric, blocks, solver, Optional.of(value));
  }
}
