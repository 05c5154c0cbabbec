// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Grids of equal steps: the integer grid, and what every grid with scales does to many rows at
 * once. Knows no block type.
 */
package dev.awp.constraint.affine;
