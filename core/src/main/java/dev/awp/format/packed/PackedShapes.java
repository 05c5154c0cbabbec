// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format.packed;

import dev.awp.AwpException;
import dev.awp.stored.TensorView;
import dev.awp.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.List;

/** Checks of the tensors of packed layers, before anything is read by their shapes. */
public final class PackedShapes {
  private static final ValueLayout.OfLong SIZE =
      ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN);

  private PackedShapes() {}

  /** Refuses a tensor of another type or shape. */
  public static void check(TensorView view, DType dtype, long... shape) {
    List<Long> expected = java.util.Arrays.stream(shape).boxed().toList();
    if (view.dtype() != dtype || !view.shape().equals(expected)) {
      throw fail(
          view,
          "is %s %s where the layer needs %s %s"
              .formatted(view.dtype(), view.shape(), dtype, expected));
    }
  }

  /** Groups of a [rows, groups] tensor of scales; every group has equally many columns. */
  public static int groups(TensorView scale, int rows, int columns) {
    checkScaleType(scale);
    boolean matrix = scale.shape().size() == 2 && scale.shape().getFirst() == rows;
    long groups = matrix ? scale.shape().getLast() : 0;
    if (groups < 1 || groups > columns || columns % groups != 0) {
      throw fail(
          scale,
          "has shape %s, which divides the [%s, %s] weights into no groups of equal size"
              .formatted(scale.shape(), rows, columns));
    }
    return (int) groups;
  }

  /** Refuses scales that awp cannot decode. */
  public static void checkScaleType(TensorView scale) {
    if (!scale.dtype().isComputable()) {
      throw fail(
          scale, "is stored as " + scale.dtype() + ", awp reads scales of F32, F16 and BF16");
    }
  }

  /** Refuses a tensor of two sizes that hold others. */
  public static void checkShape(TensorView view, int rows, int columns) {
    check(view, DType.I64, 2);
    view.checkPresent();
    MemorySegment sizes = MemorySegment.ofArray(new long[2]);
    view.copyTo(0, sizes);
    long first = sizes.getAtIndex(SIZE, 0);
    long second = sizes.getAtIndex(SIZE, 1);
    if (first != rows || second != columns) {
      throw fail(
          view,
          "holds [%s, %s] where config.json implies [%s, %s]"
              .formatted(first, second, rows, columns));
    }
  }

  /** The group of each column, as a tensor says. */
  public static int[] groupIndex(TensorView view, int columns, int groups) {
    check(view, DType.I32, columns);
    view.checkPresent();
    int[] groupOf = new int[columns];
    view.copyInts(0, groupOf, 0, columns);
    for (int j = 0; j < columns; j++) {
      if (groupOf[j] < 0 || groupOf[j] >= groups) {
        throw fail(view, "puts column %s into group %s of %s".formatted(j, groupOf[j], groups));
      }
    }
    return groupOf;
  }

  public static AwpException fail(TensorView view, String rule) {
    return new AwpException(view.file() + ": tensor " + view.name() + " " + rule);
  }
}
