// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/** Folders of safetensors: the dense format, and what formats in such folders share. */
package dev.awp.format.safetensors;
