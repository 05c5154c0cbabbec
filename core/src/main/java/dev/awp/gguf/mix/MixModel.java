// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.mix;

import java.util.List;

/**
 * What a mixture's types depend on, of a model.
 *
 * @param blocks decoder blocks
 * @param valueBlocks those that have a matrix of values, alone or with queries and keys
 * @param fedBlocks those that have a feed-forward layer or experts
 * @param hiddenSize columns of the embedding and the output head
 * @param headsPerKeyValue attention heads that share keys and values, in the first block; 0 where
 *     the file says that it has none
 * @param experts of a block; 0 where there are none
 * @param sharedExperts whether a block has an expert for all tokens beside them
 * @param tied whether the embedding is the output head too
 * @param large whether llama.cpp takes it for one of 70 billion parameters
 */
public record MixModel(
    int blocks,
    List<Integer> valueBlocks,
    List<Integer> fedBlocks,
    int hiddenSize,
    int headsPerKeyValue,
    int experts,
    boolean sharedExperts,
    boolean tied,
    boolean large) {
  public MixModel {
    valueBlocks = List.copyOf(valueBlocks);
    fedBlocks = List.copyOf(fedBlocks);
  }

  /** What llama.cpp's rules have cases of their own for. */
  private static final int EIGHT = 8;

  /** From so many on, matrices that are shared so often are small and worth more bits. */
  private static final int OFTEN = 4;

  /** Whether keys and values are small beside what uses them. */
  boolean sharesHeads() {
    return headsPerKeyValue >= OFTEN;
  }

  boolean hasManyExperts() {
    return experts >= OFTEN;
  }

  boolean hasEightExperts() {
    return experts == EIGHT;
  }

  /** Matrices of a block whose outputs leave its feed-forward layer. */
  int downs() {
    return experts > 0 && sharedExperts ? 2 : 1;
  }
}
