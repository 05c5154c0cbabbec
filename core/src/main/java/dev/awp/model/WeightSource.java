// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model;

import dev.awp.stored.StoredTensor;

/** Where the weights of a model come from. */
@FunctionalInterface
public interface WeightSource {
  /** The tensor of that name; AwpException where there is none. */
  StoredTensor tensor(String name);
}
