// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/** A GGUF file as bytes: its header, read and written, and where its tensors lie. */
package dev.awp.gguf.file;
