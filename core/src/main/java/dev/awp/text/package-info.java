// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/**
 * From files to documents to streams of tokens; the list of the kinds of tokenizers. Knows nothing
 * of what the tokens are for.
 */
package dev.awp.text;
