// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config;

/**
 * How the projections of all experts of a block lie in two tensors of rank 3, an expert behind the
 * other.
 *
 * @param gateUp tensor of the block with gate and up projections
 * @param down tensor of the block with down projections
 * @param transposed whether each is [experts, inputs, outputs], and not [experts, outputs, inputs]
 * @param interleaved whether outputs of gate and up take turns, and those of up do not follow all
 *     those of gate
 * @param biasSuffix what follows the names of the tensors in those of their biases
 * @param apartToo whether transformers reads the same model with each projection in a tensor of its
 *     own, too
 */
public record ExpertStack(
    String gateUp,
    String down,
    boolean transposed,
    boolean interleaved,
    String biasSuffix,
    boolean apartToo) {}
