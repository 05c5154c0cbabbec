// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
/**
 * How the codes and scales of blocks lie in bytes, a class a layout. Knows no list of types: that
 * is the matter of {@code gguf.block}.
 */
package dev.awp.gguf.codec;
