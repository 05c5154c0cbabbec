// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/** Element types and the row-major float32 matrix, off-heap. Knows neither files nor arithmetic. */
package dev.awp.tensor;
