// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The list of GGUF's tensor types ({@link dev.awp.gguf.block.BlockType}), and rows of their blocks,
 * written and read. Knows no file.
 */
package dev.awp.gguf.block;
