// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Tokens that the files beside a tokenizer name: added ones, special ones, those that end a text.
 * Knows no tokenizer.
 */
package dev.awp.tokenizer.added;
