// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config;

/** What the norms of a model do to a row before they multiply it by their weights. */
public enum NormKind {
  /** x / rms(x). */
  RMS,
  /** (x - mean(x)) / standard deviation of x. */
  LAYER
}
