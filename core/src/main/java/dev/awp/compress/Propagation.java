// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress;

/** Which inputs a layer is calibrated on. */
public enum Propagation {
  /** Those that the already compressed layers before it deliver: what it will see in use. */
  COMPRESSED,
  /** Those of the uncompressed model. */
  DENSE
}
