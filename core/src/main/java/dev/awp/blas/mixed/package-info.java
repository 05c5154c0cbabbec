// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/** Products in bfloat16 parts, and when they may stand in for float32. */
package dev.awp.blas.mixed;
