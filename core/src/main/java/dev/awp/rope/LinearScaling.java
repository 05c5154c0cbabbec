// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.rope;

/**
 * Positions divided by a factor ("rope_type": "linear"), as Gemma 3 has it in its global blocks.
 *
 * @param factor by which the context was stretched
 */
public record LinearScaling(double factor) implements RopeScaling {}
