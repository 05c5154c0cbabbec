// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/** A whole model as a GGUF file for llama.cpp. */
package dev.awp.format.gguf;
