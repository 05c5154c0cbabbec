// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Quantization by rounding sweeps and coordinate descent: {@code cd}, the default, and what GPTQ
 * shares with it.
 */
package dev.awp.solver.rounding;
