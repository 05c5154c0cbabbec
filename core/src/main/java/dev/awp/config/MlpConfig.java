// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config;

/**
 * A gated feed-forward layer.
 *
 * @param width intermediate size
 * @param bias whether its projections have biases
 */
public record MlpConfig(int width, Activation activation, boolean bias) {}
