// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.inspect.file;

import dev.awp.inspect.StoredWeight;
import dev.awp.kernel.Kernels;
import dev.awp.stored.TensorReader;
import dev.awp.stored.TensorView;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** A tensor as it is stored. */
record PlainWeight(TensorView view, Kernels kernels) implements StoredWeight {
  @Override
  public String name() {
    return view.name();
  }

  @Override
  public String storage() {
    return view.dtype().name();
  }

  @Override
  public List<Long> shape() {
    return view.shape();
  }

  @Override
  public long bytes() {
    return view.data().byteSize();
  }

  @Override
  public boolean isDecodable() {
    return view.dtype().isComputable() || ElementDecoder.knows(view.dtype());
  }

  @Override
  public void decodeRows(int firstRow, Matrix destination) {
    if (view.dtype().isComputable()) {
      new TensorReader(kernels).decodeRows(view, firstRow, destination);
      return;
    }
    int columns = destination.columns();
    long rowBytes = (long) columns * view.dtype().bits() / 8;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment stored =
          StoredBytes.copy(view, firstRow * rowBytes, destination.rows() * rowBytes, arena);
      for (int r = 0; r < destination.rows(); r++) {
        for (int c = 0; c < columns; c++) {
          float value = ElementDecoder.value(view.dtype(), stored, (long) r * columns + c);
          destination.set(r, c, value);
        }
      }
    }
  }
}
