// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Importance matrices of llama.cpp: the diagonals of second moments in a GGUF file, read and
 * written. Knows nothing of who quantizes with them.
 */
package dev.awp.calibration.imatrix;
