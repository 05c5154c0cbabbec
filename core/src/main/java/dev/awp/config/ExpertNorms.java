// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config;

import java.util.List;

/**
 * The norms of a mixture of experts beside a feed-forward layer: layer, experts and router see the
 * hidden states each through one of its own, and what layer and experts make is normed before it is
 * added up.
 *
 * @param beforeShared module of the norm before the feed-forward layer
 * @param afterShared module of that behind it
 * @param beforeExperts module of the norm before the experts
 * @param afterExperts module of that of what the experts make together
 * @param routerScale tensor of the block: weights of the norm before the router, which are divided
 *     by the root of the hidden size
 * @param expertScales tensor of the block with a number for each expert, by which its share is
 *     multiplied
 */
public record ExpertNorms(
    String beforeShared,
    String afterShared,
    String beforeExperts,
    String afterExperts,
    String routerScale,
    String expertScales) {
  /** The modules of norms with weights of their own. */
  public List<String> modules() {
    return List.of(beforeShared, afterShared, beforeExperts, afterExperts);
  }
}
