// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/**
 * How queries and keys are rotated by their positions, as data: base, columns, scalings. Knows no
 * file.
 */
package dev.awp.rope;
