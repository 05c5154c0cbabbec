// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.plan;

import dev.awp.model.LinearLayer;
import java.util.List;

/** What candidates take of a budget of bits. */
interface Prices {
  /** The layers by groups that must have the same candidate, in their order. */
  List<List<LinearLayer>> groups();

  /**
   * Bits of a group.
   *
   * @param candidate index
   */
  long bits(List<LinearLayer> group, int candidate);

  /** Bits of all that is no weight of these layers. */
  long others();
}
