// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format.gguf;

import dev.awp.format.LayerPlan;
import dev.awp.gguf.block.BlockType;
import dev.awp.tensor.DType;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Types of a model's tensors. A layer that is solved on blocks has their type; norms, biases and
 * rope factors are F32.
 *
 * @param plain F32, F16 or BF16 of the linear layers that are not on blocks; by default the type
 *     that they have in the checkpoint
 * @param embedding of the embedding, and of the output head where it is not compressed; rounded to
 *     nearest
 */
public record GgufOptions(Optional<BlockType> plain, BlockType embedding) {
  private static final String TYPE = "ggufType";
  private static final String EMBEDDING = "ggufEmbedding";

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

  /** These types by their names in report.json; blocks are told with the constraint. */
  Map<String, String> described() {
    Map<String, String> words = new LinkedHashMap<>();
    plain.ifPresent(type -> words.put(TYPE, type.name()));
    words.put(EMBEDDING, embedding.name());
    return words;
  }

  /**
   * The type's name that a run's report has for all layers.
   *
   * @param options of the run
   * @return empty where layers keep their types
   */
  static Optional<String> typeTold(Map<String, Object> options) {
    return Stream.of("blocks", TYPE)
        .filter(options::containsKey)
        .map(key -> options.get(key).toString())
        .findFirst();
  }

  /** Whether a report tells the types: those of earlier versions do not. */
  static boolean areTold(Map<String, Object> options) {
    return options.containsKey(EMBEDDING);
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
