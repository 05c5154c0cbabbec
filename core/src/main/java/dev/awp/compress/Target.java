// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress;

/** What a compressed layer should reproduce. */
public enum Target {
  /** The layer's own weights, on the inputs that it sees. */
  DENSE,
  /** The original model's outputs, from the inputs that the compressed blocks deliver. */
  PROPAGATED
}
