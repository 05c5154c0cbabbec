// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/**
 * A GGUF file: its header, values, tensor table and places. Knows neither how blocks are coded nor
 * what a model is.
 */
package dev.awp.gguf;
