// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The field's methods in the same frame: magnitude, Wanda, SparseGPT, ALPS, GPTQ, AWQ and their
 * sequences.
 */
package dev.awp.solver.baseline;
