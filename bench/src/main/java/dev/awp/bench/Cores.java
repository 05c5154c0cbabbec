// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.bench;

/** How many threads share an operation. */
public enum Cores {
  ONE,
  ALL;

  int count() {
    return this == ONE ? 1 : Runtime.getRuntime().availableProcessors();
  }
}
