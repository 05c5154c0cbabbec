// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/**
 * From documents to streams of tokens that keep where documents begin and how much tokens count;
 * the list of the kinds of tokenizers. Knows nothing of what the tokens are for.
 */
package dev.awp.text;
