// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format.gguf;

/**
 * Types of a model's tensors; norms, biases and rope factors are F32.
 *
 * @param weights of the linear layers
 * @param embedding of the embedding and the output head, rounded to nearest
 */
public record GgufOptions(GgufType weights, GgufType embedding) {
  public GgufOptions {
    if (!weights.isWritable() || !embedding.isWritable()) {
      throw new IllegalArgumentException(
          "awp does not write %s".formatted(weights.isWritable() ? embedding : weights));
    }
  }
}
