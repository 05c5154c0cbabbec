// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/**
 * What pruning solvers share once a mask is chosen: best weights for it, exchanges in it, and
 * Wanda's selection.
 */
package dev.awp.solver.mask;
