// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Weights found in files of any program: safetensors, packed layers, GGUF. No configuration and no
 * known architecture is needed.
 */
package dev.awp.inspect.file;
