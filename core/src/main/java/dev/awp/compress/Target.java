// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress;

/** What a compressed layer should reproduce. */
public enum Target {
  /** The layer's own weights, on the inputs that it sees. */
  DENSE,
  /**
   * What the original model has behind the layer, from what the compressed layers before deliver:
   * its outputs, and with them the hidden states that they are added to.
   */
  PROPAGATED
}
