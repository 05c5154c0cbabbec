// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.inspect.file;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.awp.inspect.StoredGrid;
import dev.awp.inspect.StoredWeight;
import dev.awp.stored.TensorView;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;

/**
 * A dense tensor whose grid lies in awp/grid.safetensors. The width of the codes is not stored: it
 * is the smallest that holds the codes of the values. Groups are equal but for the last; their size
 * is taken as a power of two where one fits.
 */
final class GriddedWeight implements StoredWeight {
  /** Groups nearly always use their largest code, so some hundred rows tell the width. */
  private static final int LOOKED_AT = 256;

  private final PlainWeight dense;
  private final PlainWeight scale;
  private final TensorView zero;
  private final Optional<TensorView> channelScale;

  GriddedWeight(
      PlainWeight dense, PlainWeight scale, TensorView zero, Optional<TensorView> channelScale) {
    if (scale.rows() != dense.rows() || scale.rows() == 0 || !zero.shape().equals(scale.shape())) {
      throw SmallTensor.malformed(
          zero,
          "%s and scales %s do not fit weights %s"
              .formatted(zero.shape(), scale.shape(), dense.shape()));
    }
    this.dense = dense;
    this.scale = scale;
    this.zero = zero;
    this.channelScale = channelScale;
  }

  @Override
  public Optional<StoredGrid> grid() {
    int groupSize = groupSize(columns(), scale.columns());
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment zeros = StoredBytes.copy(zero, 0, zero.data().byteSize(), arena);
      int bits = bits(largestCode(zeros, groupSize, arena));
      boolean symmetric = true;
      for (long i = 0; i < zeros.byteSize(); i++) {
        symmetric &= (zeros.get(JAVA_BYTE, i) & 0xff) == 1 << (bits - 1);
      }
      return Optional.of(new StoredGrid(bits, groupSize, symmetric));
    }
  }

  private int largestCode(MemorySegment zeros, int groupSize, Arena arena) {
    int groups = scale.columns();
    int count = Math.min(LOOKED_AT, rows());
    Matrix values = Matrix.allocate(arena, count, columns());
    Matrix scales = Matrix.allocate(arena, count, groups);
    dense.decodeRows(0, values);
    scale.decodeRows(0, scales);
    float[] channels = channelScale.map(view -> SmallTensor.values(view)[0]).orElse(new float[0]);
    int largest = 0;
    for (int r = 0; r < count; r++) {
      for (int c = 0; c < columns(); c++) {
        int g = Math.min(groups - 1, c / groupSize);
        float channel = channels.length == 0 ? 1 : channels[c];
        int steps = Math.round(values.get(r, c) * channel / scales.get(r, g));
        largest = Math.max(largest, steps + (zeros.get(JAVA_BYTE, (long) r * groups + g) & 0xff));
      }
    }
    return largest;
  }

  private static int groupSize(int columns, int groups) {
    if (groups == 1) {
      return columns;
    }
    int power = Integer.highestOneBit(Math.ceilDiv(columns, groups));
    for (int size = power; size <= 2 * power; size *= 2) {
      if (Math.ceilDiv(columns, size) == groups) {
        return size;
      }
    }
    return Math.ceilDiv(columns, groups);
  }

  private static int bits(int largest) {
    for (int b : new int[] {2, 3, 4, 5, 6}) {
      if (largest < 1 << b) {
        return b;
      }
    }
    return 8;
  }

  @Override
  public String name() {
    return dense.name();
  }

  @Override
  public String storage() {
    return dense.storage();
  }

  @Override
  public List<Long> shape() {
    return dense.shape();
  }

  @Override
  public long bytes() {
    long channels = channelScale.map(view -> view.data().byteSize()).orElse(0L);
    return dense.bytes() + scale.bytes() + zero.data().byteSize() + channels;
  }

  @Override
  public void decodeRows(int firstRow, Matrix destination) {
    dense.decodeRows(firstRow, destination);
  }
}
