// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.report;

import dev.awp.constraint.Constraint;
import dev.awp.constraint.GridStorage;
import dev.awp.constraint.NmSparsity;
import dev.awp.constraint.RowSparsity;
import dev.awp.constraint.Sparsity;
import dev.awp.constraint.affine.IntegerGrid;
import dev.awp.gguf.block.BlockType;
import dev.awp.tensor.DType;
import java.util.Objects;
import java.util.Optional;

/**
 * A layer's constraint for programs, exactly: what a written layer can be checked against.
 *
 * @param sparsity "0.5" for that share of zeros in a row, "2:4" for a pattern, or empty
 * @param bits of the integer grid, 0 where there is none
 * @param groupSize 0 for the whole row
 * @param blocks the name of the type of its blocks, or empty
 */
public record ConstraintRule(
    String sparsity, int bits, int groupSize, boolean symmetric, String blocks) {
  public ConstraintRule {
    Objects.requireNonNull(sparsity, "sparsity");
    // Reports that were written before layers could differ do not name it.
    blocks = Objects.requireNonNullElse(blocks, "");
  }

  /** No constraint, or none that this record can tell. */
  public static final ConstraintRule NONE = new ConstraintRule("", 0, 0, false, "");

  /** The rule of a constraint. */
  public static ConstraintRule of(Constraint constraint) {
    String sparsity =
        constraint
            .sparsity()
            .map(
                pattern ->
                    switch (pattern) {
                      case RowSparsity row -> Double.toString(row.ratio());
                      case NmSparsity nm -> nm.keep() + ":" + nm.group();
                    })
            .orElse("");
    return IntegerGrid.of(constraint)
        .map(
            grid ->
                new ConstraintRule(sparsity, grid.bits(), grid.groupSize(), grid.symmetric(), ""))
        .orElse(
            new ConstraintRule(
                sparsity,
                0,
                0,
                false,
                constraint.grid().flatMap(BlockType::of).map(BlockType::name).orElse("")));
  }

  /** The sparsity; IllegalArgumentException where the word is none. */
  public Optional<Sparsity> toSparsity() {
    if (sparsity.isEmpty()) {
      return Optional.empty();
    }
    int colon = sparsity.indexOf(':');
    if (colon < 0) {
      return Optional.of(new RowSparsity(Double.parseDouble(sparsity)));
    }
    int keep = Integer.parseInt(sparsity.substring(0, colon));
    return Optional.of(new NmSparsity(keep, Integer.parseInt(sparsity.substring(colon + 1))));
  }

  /** The grid of a layer that is stored as values of that type. */
  public Optional<IntegerGrid> toGrid(DType dtype) {
    return bits == 0
        ? Optional.empty()
        : Optional.of(new IntegerGrid(bits, groupSize, symmetric, GridStorage.dense(dtype)));
  }
}
