// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/** Safetensors files and their shards, read and written. Knows no model. */
package dev.awp.safetensors;
