// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/** Hugging Face folders: config.json and safetensors files. */
package dev.awp.checkpoint.safetensors;
