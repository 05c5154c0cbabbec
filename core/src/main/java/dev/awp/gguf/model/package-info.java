// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/** What llama.cpp calls a model: names of architectures, tensors and metadata keys. */
package dev.awp.gguf.model;
