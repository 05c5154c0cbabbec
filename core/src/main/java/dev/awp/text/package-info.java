// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Streams of tokens that keep where documents begin and how much tokens count, and windows of them;
 * the list of the kinds of tokenizers. Knows nothing of what the tokens are for.
 */
package dev.awp.text;
