// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.recipe;

import dev.awp.constraint.Sparsity;
import dev.awp.solver.Effort;
import java.util.Optional;

/**
 * What is to become of a layer.
 *
 * @param ignore whether it is left alone, whatever else is said
 * @param bits 2, 3, 4 or 8
 * @param groupSize columns that share a scale, 0 for the whole row, or {@link #BY_WIDTH}
 * @param symmetric true for a zero point in the middle of the codes; where nothing is said the
 *     formats decide
 * @param blocks the type whose grid it has, where no bits are given, or what decides about it
 * @param givesWay whether a layer whose rows are no whole blocks takes a type whose blocks fit
 * @param solver a solver's name, where it is not the run's
 * @param effort where it is not the run's
 */
public record LayerSettings(
    boolean ignore,
    Choice<Sparsity> sparsity,
    Choice<Integer> bits,
    int groupSize,
    Optional<Boolean> symmetric,
    Optional<BlockChoice> blocks,
    boolean givesWay,
    Optional<String> solver,
    Optional<Effort> effort) {
  /** Columns that share a scale, where nothing is said. */
  public static final int GROUP_SIZE = 128;

  /** Stands for a group size that the widths of the model's layers are yet to decide. */
  public static final int BY_WIDTH = -1;

  /**
   * Neither a sparsity nor bits; where bits are given, groups of {@value #GROUP_SIZE} columns, or
   * of fewer where a format needs it, with zero points where all formats' readers take them.
   */
  public static Builder builder() {
    return new Builder();
  }

  /** Begins others that are the same but for what is then named. */
  public Builder toBuilder() {
    return new Builder(this);
  }

  /** Whether a budget has to decide something. */
  public boolean isBudgeted() {
    return !ignore && (sparsity.isBudgeted() || bits.isBudgeted() || ladder().isPresent());
  }

  /** The types of blocks among which a budget has to choose, where it has to. */
  public Optional<TypeLadder> ladder() {
    return bits instanceof Choice.None ? blocks.flatMap(BlockChoice::budgeted) : Optional.empty();
  }

  /** What is stored depends on: without how it is found. */
  LayerSettings scheme() {
    Builder scheme = toBuilder();
    scheme.solver = Optional.empty();
    scheme.effort = Optional.empty();
    return scheme.build();
  }

  /** Settings that are named one by one; what is not named keeps its default. */
  public static final class Builder {
    private boolean ignore;
    private Choice<Sparsity> sparsity = new Choice.None<>();
    private Choice<Integer> bits = new Choice.None<>();
    private int groupSize = BY_WIDTH;
    private Optional<Boolean> symmetric = Optional.empty();
    private Optional<BlockChoice> blocks = Optional.empty();
    private boolean givesWay = true;
    private Optional<String> solver = Optional.empty();
    private Optional<Effort> effort = Optional.empty();

    private Builder() {}

    private Builder(LayerSettings settings) {
      ignore = settings.ignore;
      sparsity = settings.sparsity;
      bits = settings.bits;
      groupSize = settings.groupSize;
      symmetric = settings.symmetric;
      blocks = settings.blocks;
      givesWay = settings.givesWay;
      solver = settings.solver;
      effort = settings.effort;
    }

    public Builder ignore(boolean wanted) {
      ignore = wanted;
      return this;
    }

    public Builder sparsity(Choice<Sparsity> wanted) {
      sparsity = wanted;
      return this;
    }

    public Builder bits(Choice<Integer> wanted) {
      bits = wanted;
      return this;
    }

    public Builder groupSize(int columns) {
      groupSize = columns;
      return this;
    }

    public Builder symmetric(boolean wanted) {
      symmetric = Optional.of(wanted);
      return this;
    }

    public Builder blocks(Optional<BlockChoice> wanted) {
      blocks = wanted;
      return this;
    }

    public Builder givesWay(boolean wanted) {
      givesWay = wanted;
      return this;
    }

    public Builder solver(String name) {
      solver = Optional.of(name);
      return this;
    }

    public Builder effort(Effort wanted) {
      effort = Optional.of(wanted);
      return this;
    }

    public LayerSettings build() {
      return new LayerSettings(
          ignore, sparsity, bits, groupSize, symmetric, blocks, givesWay, solver, effort);
    }
  }
}
