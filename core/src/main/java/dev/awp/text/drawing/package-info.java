// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/**
 * From texts to tokens: all documents, or those that a seed draws. Knows nothing of what the tokens
 * are for.
 */
package dev.awp.text.drawing;
