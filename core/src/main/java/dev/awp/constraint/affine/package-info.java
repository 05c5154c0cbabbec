// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Grids of codes times a scale: the integer grid, and what every grid with scales does to many rows
 * at once, whether its codes are equal steps or a few levels. Knows no block type.
 */
package dev.awp.constraint.affine;
