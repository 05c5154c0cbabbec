// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config;

/** How queries and keys are normed, before they are rotated where nothing else is said. */
public enum QueryKeyNorm {
  NONE,
  /** Each head by itself, all with the same weights. */
  HEADS,
  /** Each head by itself, each with weights of its own. */
  HEADS_APART,
  /** Each head by itself after it is rotated, without weights; no head that is not rotated. */
  ROTATED_HEADS,
  /** All heads of a token together. */
  TOGETHER
}
