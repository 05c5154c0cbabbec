// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config;

/** How queries and keys are normed before they are rotated. */
public enum QueryKeyNorm {
  NONE,
  /** Each head by itself, all with the same weights. */
  HEADS,
  /** Each head by itself, each with weights of its own. */
  HEADS_APART,
  /** All heads of a token together. */
  TOGETHER
}
