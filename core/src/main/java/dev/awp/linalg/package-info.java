// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Factors and inverses of symmetric positive definite matrices. Knows no second moment and no
 * layer.
 */
package dev.awp.linalg;
