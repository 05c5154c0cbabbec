// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.inspect;

import java.util.List;

/**
 * The weights of a checkpoint of any origin, open for looking at. No configuration and no known
 * architecture is needed.
 */
public interface StoredWeights extends AutoCloseable {
  /** In the order of the files and of the data in them. */
  List<StoredWeight> weights();

  @Override
  void close();
}
