// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.fuzz;

import java.util.SplittableRandom;

/** A small change of a file. */
@FunctionalInterface
interface Mutation {
  byte[] apply(byte[] input, SplittableRandom random);
}
