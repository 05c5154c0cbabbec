// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.checkpoint;

import java.util.List;

/**
 * How many experts each mixture of a model has, as config.json has to say it.
 *
 * @param keys that may say it: all that are there do; where none is, the last
 * @param count of experts
 */
public record ExpertCount(List<String> keys, int count) {
  public ExpertCount {
    keys = List.copyOf(keys);
  }
}
