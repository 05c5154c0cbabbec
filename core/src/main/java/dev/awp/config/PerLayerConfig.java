// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config;

/**
 * Vectors that every block has for each token beside the hidden states, made of the token alone.
 *
 * @param width of such a vector
 * @param vocabulary tokens that there are vectors of
 */
public record PerLayerConfig(int width, int vocabulary) {}
