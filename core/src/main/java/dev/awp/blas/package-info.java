// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Matrix products behind one seam: the provider that is found, its fallback in Java, and operands
 * that are prepared once and multiplied often. Shapes are checked here, before any native call.
 * Knows nothing of layers.
 */
package dev.awp.blas;
