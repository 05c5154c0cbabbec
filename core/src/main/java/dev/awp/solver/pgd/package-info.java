// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/** Projected gradient descent: the paper's algorithm. */
package dev.awp.solver.pgd;
