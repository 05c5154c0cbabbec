// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress;

import dev.awp.constraint.Constraint;
import dev.awp.constraint.GridStorage;
import dev.awp.constraint.SparseGrid;
import dev.awp.constraint.Sparsity;
import dev.awp.constraint.affine.IntegerGrid;
import dev.awp.gguf.block.BlockType;
import dev.awp.recipe.BlockChoice;
import dev.awp.recipe.Choice;
import dev.awp.recipe.LayerSettings;
import dev.awp.tensor.DType;
import java.util.Optional;

/**
 * What every linear layer must satisfy: a sparsity, a grid, or both.
 *
 * @param grid an integer grid
 * @param blocks a type that has a grid, instead of an integer grid
 */
public record ConstraintOptions(
    Optional<Sparsity> sparsity, Optional<Grid> grid, Optional<BlockType> blocks) {
  public ConstraintOptions {
    if (sparsity.isEmpty() && grid.isEmpty() && blocks.isEmpty()) {
      throw new IllegalArgumentException("neither a sparsity nor a number of bits is given");
    }
    if (grid.isPresent() && blocks.isPresent()) {
      throw new IllegalArgumentException("both a number of bits and a block type are given");
    }
    if (sparsity.isPresent() && blocks.isPresent()) {
      var _ = new SparseGrid(sparsity.get(), blocks.get().grid().orElseThrow());
    }
  }

  /** Without a block type. */
  public ConstraintOptions(Optional<Sparsity> sparsity, Optional<Grid> grid) {
    this(sparsity, grid, Optional.empty());
  }

  /**
   * An integer grid before the element type of a layer is known.
   *
   * @param bits 2, 3, 4 or 8
   * @param groupSize columns that share a scale, 0 for the whole row
   * @param symmetric true for a zero point in the middle of the codes
   */
  public record Grid(int bits, int groupSize, boolean symmetric) {
    public Grid {
      var _ = new IntegerGrid(bits, groupSize, symmetric, DType.F32);
    }

    private IntegerGrid stored(GridStorage storage) {
      return new IntegerGrid(bits, groupSize, symmetric, storage);
    }
  }

  /** What a layer's settings come to, where neither a budget nor a mixture has to decide. */
  public static ConstraintOptions of(LayerSettings settings) {
    return new ConstraintOptions(
        settings.sparsity().given(),
        settings
            .bits()
            .given()
            .map(bits -> new Grid(bits, columns(settings), settings.symmetric())),
        settings.bits().given().isPresent()
            ? Optional.empty()
            : settings.blocks().flatMap(BlockChoice::ofAll));
  }

  private static int columns(LayerSettings settings) {
    return settings.groupSize() == LayerSettings.BY_WIDTH
        ? LayerSettings.GROUP_SIZE
        : settings.groupSize();
  }

  /** As settings of a recipe. */
  public LayerSettings toSettings() {
    LayerSettings.Builder settings =
        LayerSettings.builder()
            .sparsity(Choice.of(sparsity))
            .blocks(blocks.map(BlockChoice.Same::new));
    grid.ifPresent(
        g ->
            settings
                .bits(new Choice.Fixed<>(g.bits()))
                .groupSize(g.groupSize())
                .symmetric(g.symmetric()));
    return settings.build();
  }

  /** The constraint of a layer that is stored as ordinary tensors of that type. */
  public Constraint forStorage(DType dtype) {
    return forStorage(GridStorage.dense(dtype));
  }

  /** The constraint of a layer whose grid is stored like that. */
  public Constraint forStorage(GridStorage storage) {
    if (blocks.isPresent()) {
      return with(blocks.get().grid().orElseThrow());
    }
    if (grid.isEmpty()) {
      return sparsity.orElseThrow();
    }
    return with(grid.get().stored(storage));
  }

  private Constraint with(dev.awp.constraint.Grid of) {
    return sparsity.<Constraint>map(s -> new SparseGrid(s, of)).orElse(of);
  }
}
