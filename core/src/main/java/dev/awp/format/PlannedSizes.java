// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format;

import java.util.Map;
import java.util.Set;

/**
 * How large the files of a plan will be: of a format whose sizes are known before it is written.
 */
public interface PlannedSizes {
  /** Bytes of all files together. */
  long fileBytes(ModelPlan plan);

  /**
   * Bytes that tensors with weights take of {@link #fileBytes}.
   *
   * @return by the names in the checkpoint of what lies in a tensor: one for most, several for the
   *     experts of a block, which are of one kind then
   */
  Map<Set<String>, Long> tensorBytes(ModelPlan plan);
}
