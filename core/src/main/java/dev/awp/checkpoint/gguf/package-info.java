// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/** A model in a GGUF file, which holds configuration and tokenizer too. */
package dev.awp.checkpoint.gguf;
