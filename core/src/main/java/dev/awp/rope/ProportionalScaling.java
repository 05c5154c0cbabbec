// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.rope;

/**
 * The first pairs of columns turn as they would in a head that is rotated as a whole, the others
 * not at all ("rope_type": "proportional"), as Gemma 4 has it in its global blocks.
 *
 * @param turned how many pairs turn
 * @param factor by which positions are divided
 */
public record ProportionalScaling(int turned, double factor) implements RopeScaling {}
