// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config;

import java.util.OptionalInt;

/**
 * The mixture of experts that takes the place of the feed-forward layer.
 *
 * @param count experts of a block
 * @param perToken experts that a token is sent to
 * @param width intermediate size of an expert
 * @param sharedWidth intermediate size of the expert that sees every token, where there is one
 * @param normalized whether the weights of a token's experts are made to add up to one
 */
public record ExpertConfig(
    int count, int perToken, int width, OptionalInt sharedWidth, boolean normalized) {}
