// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.rope;

/**
 * The rotary frequency scaling of LLaMA 3.1 and later ("rope_type": "llama3"): wavelengths beyond
 * {@code originalContext / lowFrequencyFactor} are stretched by {@code factor}, those below {@code
 * originalContext / highFrequencyFactor} stay, those between are interpolated.
 */
public record Llama3Scaling(
    double factor, double lowFrequencyFactor, double highFrequencyFactor, int originalContext)
    implements RopeScaling {}
