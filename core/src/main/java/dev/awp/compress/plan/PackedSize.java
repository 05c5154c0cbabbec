// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.plan;

import dev.awp.checkpoint.Checkpoint;
import dev.awp.compress.ConstraintOptions;
import dev.awp.constraint.affine.IntegerGrid;
import dev.awp.model.LinearLayer;
import dev.awp.stored.StoredTensor;
import dev.awp.stored.TensorView;
import dev.awp.tensor.DType;
import java.util.Collection;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What a compressed layer takes where its codes are packed: its codes, a 16-bit scale for each
 * group, and a zero point of as many bits as a code where the grid is not symmetric. Without a grid
 * it takes what it took; zeros alone make no tensor smaller.
 */
public final class PackedSize {
  private static final int SCALE_BITS = 16;

  private PackedSize() {}

  /** Bits of a layer. */
  public static long bits(LinearLayer layer, ConstraintOptions constraint, DType storage) {
    long weights = weights(layer);
    if (constraint.blocks().isPresent()) {
      return (long) Math.ceil(weights * constraint.blocks().get().bitsPerWeight());
    }
    if (constraint.grid().isEmpty()) {
      return weights * storage.bits();
    }
    IntegerGrid grid = IntegerGrid.of(constraint.forStorage(storage)).orElseThrow();
    long groups = (long) layer.rows() * grid.groups(layer.columns());
    return weights * grid.bits() + groups * (SCALE_BITS + (grid.symmetric() ? 0 : grid.bits()));
  }

  /** Entries of a layer's W. */
  public static long weights(LinearLayer layer) {
    return (long) layer.rows() * layer.columns();
  }

  /** Bits of the tensors that are no weights of these layers, as they are written. */
  public static long others(Checkpoint checkpoint, Collection<LinearLayer> layers) {
    Set<String> packed = layers.stream().map(LinearLayer::weight).collect(Collectors.toSet());
    return checkpoint.tensors().stream()
        .filter(view -> !packed.contains(view.name()))
        .mapToLong(PackedSize::written)
        .sum();
  }

  /** What decodes is written as single numbers, everything else is copied. */
  private static long written(StoredTensor tensor) {
    return tensor instanceof TensorView
        ? tensor.byteSize() * Byte.SIZE
        : tensor.shape().stream().reduce(1L, Math::multiplyExact) * tensor.type().written().bits();
  }
}
