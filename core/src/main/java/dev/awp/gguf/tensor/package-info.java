// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/** Tensors of a GGUF file as float32 rows and back, with order and padding of rows. */
package dev.awp.gguf.tensor;
