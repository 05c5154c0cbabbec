// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format.gguf;

import dev.awp.format.LayerPlan;
import dev.awp.gguf.block.BlockType;
import dev.awp.gguf.mix.GgufMix;
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
 * @param embedding of the embedding and the output head where they are not compressed, rounded to
 *     nearest; by default what the mixture says, or F16
 * @param mix the mixture that the layers' types are of
 */
public record GgufOptions(
    Optional<BlockType> plain, Optional<BlockType> embedding, Optional<GgufMix> mix) {
  private static final String TYPE = "ggufType";
  private static final String EMBEDDING = "ggufEmbedding";

  /** What embeddings are where nothing is said. */
  static final BlockType EMBEDDING_TYPE = BlockType.F16;

  /** The layers' own types, embeddings as F16. */
  public static final GgufOptions DEFAULT =
      new GgufOptions(Optional.empty(), Optional.empty(), Optional.empty());

  public GgufOptions {
    if (plain.isPresent() && plain.get().dtype().isEmpty()) {
      throw new IllegalArgumentException(plain.get() + " is no type of single numbers");
    }
  }

  /** Without a mixture. */
  public GgufOptions(Optional<BlockType> plain, BlockType embedding) {
    this(plain, Optional.of(embedding), Optional.empty());
  }

  /** These types by their names in report.json; blocks are told with the constraint. */
  Map<String, String> described() {
    Map<String, String> words = new LinkedHashMap<>();
    plain.ifPresent(type -> words.put(TYPE, type.name()));
    String ends = mix.map(GgufMix::name).orElse(EMBEDDING_TYPE.name());
    words.put(EMBEDDING, embedding.map(BlockType::name).orElse(ends));
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
