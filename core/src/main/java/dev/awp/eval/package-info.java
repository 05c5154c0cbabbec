// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Perplexity of a model on texts, and its divergence from another one. Knows nothing of
 * compression.
 */
package dev.awp.eval;
