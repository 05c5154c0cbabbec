// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.stored;

import dev.awp.kernel.Kernels;
import dev.awp.tensor.Matrix;

/** A matrix whose values are computed from others in the file, such as codes and scales. */
public non-sealed interface EncodedTensor extends StoredTensor {
  /**
   * Decodes consecutive rows, as many as the destination has; safe to call from several threads.
   * Mapped pages are read by {@link TensorView#copyTo} alone.
   */
  void decodeRows(int firstRow, Matrix destination, Kernels kernels);

  @Override
  default void checkPresent() {
    parts().forEach(TensorView::checkPresent);
  }

  @Override
  default void release() {
    parts().forEach(TensorView::release);
  }
}
