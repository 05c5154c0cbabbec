// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Kernels, BLAS and workers as one object, chosen once for a run; rows shared out over it. What is
 * computed is the caller's matter.
 */
package dev.awp.compute;
