// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.stored;

import java.nio.file.Path;
import java.util.List;

/**
 * A tensor whose values are computed from another one's. What it does not say otherwise is the
 * other's.
 */
public interface DerivedTensor extends EncodedTensor {
  /** The other tensor. */
  StoredTensor original();

  @Override
  default String name() {
    return original().name();
  }

  @Override
  default List<Long> shape() {
    return original().shape();
  }

  @Override
  default StoredType type() {
    return original().type();
  }

  @Override
  default List<TensorView> parts() {
    return original().parts();
  }

  @Override
  default Path file() {
    return original().file();
  }

  @Override
  default void checkPresent() {
    original().checkPresent();
  }

  @Override
  default void release() {
    original().release();
  }
}
