// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The sets that weights must lie in, sparsity and grids, each with one projection and one check.
 * Knows no solver and no format.
 */
package dev.awp.constraint;
