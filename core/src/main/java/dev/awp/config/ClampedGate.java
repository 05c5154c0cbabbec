// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config;

/**
 * A gate of an expert as gpt-oss has it: (min(max(up, -limit), limit) + 1) g / (1 + exp(-alpha g)),
 * g = min(gate, limit).
 */
public record ClampedGate(float alpha, float limit) {}
