// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/** Compressed-tensors checkpoints, written and read. */
package dev.awp.format.compressedtensors;
