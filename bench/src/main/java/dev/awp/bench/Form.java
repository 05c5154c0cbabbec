// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.bench;

/** How a kernel is written. */
public enum Form {
  /** The definition: one element after the other on memory segments. */
  SCALAR,
  /** A plain loop on arrays, which the JIT compiler may vectorise. */
  PLAIN,
  /** The Vector API on memory segments. */
  VECTOR
}
