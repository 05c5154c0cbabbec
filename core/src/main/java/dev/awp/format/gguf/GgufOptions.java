// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format.gguf;

import dev.awp.format.LayerPlan;
import dev.awp.gguf.block.BlockType;
import dev.awp.tensor.DType;
import java.util.Optional;

/**
 * Types of a model's tensors. A layer that is solved on blocks has their type; norms, biases and
 * rope factors are F32.
 *
 * @param plain F32, F16 or BF16 of the linear layers that are not on blocks; by default the type
 *     that they have in the checkpoint
 * @param embedding of the embedding and the output head, rounded to nearest
 */
public record GgufOptions(Optional<BlockType> plain, BlockType embedding) {
  /** The layers' own types, embeddings as F16. */
  public static final GgufOptions DEFAULT = new GgufOptions(Optional.empty(), BlockType.F16);

  public GgufOptions {
    if (plain.isPresent() && plain.get().dtype().isEmpty()) {
      throw new IllegalArgumentException(plain.get() + " is no type of single numbers");
    }
    if (!embedding.isWritable()) {
      throw new IllegalArgumentException("awp does not write " + embedding);
    }
  }

  /** The type of a layer. */
  BlockType typeOf(LayerPlan layer) {
    return layer.constraint().grid().flatMap(BlockType::of).orElseGet(() -> plain(layer.dtype()));
  }

  /** The type of a layer that stays as it is. */
  BlockType plain(DType dtype) {
    return plain.orElseGet(() -> BlockType.of(dtype).orElseThrow());
  }
}
