// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.calibration;

/**
 * What a second moment is the mean of.
 *
 * @param tokens how many
 * @param everyToken whether the layer belongs to an expert that too few tokens were routed to, so
 *     that those that were not routed to it were taken too
 * @param precision of the products of the block that delivered them: f32, bf16 or bf16x3
 */
public record SeenInputs(long tokens, boolean everyToken, String precision) {}
