// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Tuning the layers of a solved block together, by the derivatives of the block's output error.
 * Knows no file and no format.
 */
package dev.awp.tuning;
