// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The seam of solvers: a layer problem (W, C, constraint), its solution, the objective. In the
 * paper's symbols; without input and output.
 */
package dev.awp.solver;
