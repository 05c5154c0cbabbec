// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format.compressedtensors;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.awp.constraint.affine.IntegerGrid;
import dev.awp.format.LayerPlan;
import dev.awp.tensor.DType;
import java.util.Optional;

/** How the weights of a group of layers are packed, as config.json says it. */
sealed interface PackScheme permits PackScheme.Integers, FloatKind {
  /** The name of the layout. */
  String layout();

  /** Columns that share a scale; 0 for the whole row. */
  int groupSize();

  /** Says it. */
  void describe(ObjectNode weights);

  /** The scheme of a layer; empty where it is written as ordinary tensors. */
  static Optional<PackScheme> of(LayerPlan layer) {
    return layer
        .grid()
        .<PackScheme>map(Integers::of)
        .or(() -> layer.constraint().grid().flatMap(FloatKind::of));
  }

  /**
   * Whole numbers.
   *
   * @param grid the same for all layers that a group may hold, in whatever type they are stored
   */
  record Integers(IntegerGrid grid) implements PackScheme {
    static final String LAYOUT = "pack-quantized";

    private static Integers of(IntegerGrid grid) {
      return new Integers(
          new IntegerGrid(grid.bits(), grid.groupSize(), grid.symmetric(), DType.F32));
    }

    @Override
    public String layout() {
      return LAYOUT;
    }

    @Override
    public int groupSize() {
      return grid.groupSize();
    }

    @Override
    public void describe(ObjectNode weights) {
      weights.put("num_bits", grid.bits()).put("type", "int").put("symmetric", grid.symmetric());
      weights.put("strategy", grid.groupSize() == 0 ? "channel" : "group");
    }
  }
}
