// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.mix;

import dev.awp.config.AttentionConfig;
import dev.awp.config.BlockConfig;
import dev.awp.config.ExpertConfig;
import dev.awp.config.GatedDeltaConfig;
import dev.awp.config.ModelConfig;
import dev.awp.gguf.block.BlockType;
import dev.awp.gguf.file.GgufPlace;
import dev.awp.gguf.model.GgufArchitecture;
import dev.awp.gguf.model.GgufNames;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/** A model that is written as a mixture: the types of its matrices, by their names in it. */
public final class MixedModel {
  /** Blocks of the models that llama.cpp takes for ones of 70 billion parameters. */
  private static final int LARGE = 80;

  private static final int EIGHT = 8;

  private final GgufNames names;
  private final MixModel model;

  /** A model; AwpException where llama.cpp has no graph for it. */
  public MixedModel(ModelConfig config) {
    GgufArchitecture architecture = GgufArchitecture.of(config);
    this.names = GgufNames.of(config);
    this.model = model(config, architecture);
  }

  private static MixModel model(ModelConfig config, GgufArchitecture architecture) {
    AttentionConfig attention = config.attention().orElseThrow();
    int experts = config.experts().map(ExpertConfig::count).orElse(0);
    boolean marked = architecture.marksRecurrences() && config.block(0).ownAttention().isEmpty();
    boolean own = attention.heads() == attention.keyValueHeads();
    boolean large =
        switch (architecture) {
          case LLAMA -> !own && experts != EIGHT;
          case QWEN2, DECI -> true;
          default -> false;
        };
    return new MixModel(
        config.layers(),
        blocks(config, MixedModel::hasValues),
        blocks(config, block -> block.ownMlp().isPresent()),
        config.hiddenSize(),
        marked ? 0 : attention.heads() / attention.keyValueHeads(),
        experts,
        config.experts().filter(e -> e.sharedWidth().isPresent()).isPresent(),
        config.tieWordEmbeddings(),
        large && config.layers() == LARGE);
  }

  private static List<Integer> blocks(ModelConfig config, Predicate<BlockConfig> chosen) {
    return IntStream.range(0, config.layers())
        .filter(block -> chosen.test(config.block(block)))
        .boxed()
        .toList();
  }

  private static boolean hasValues(BlockConfig block) {
    return block.ownAttention().filter(own -> own.keyValues().projectsValues()).isPresent()
        || block.recurrence().filter(GatedDeltaConfig.class::isInstance).isPresent();
  }

  /**
   * The types of the tensors that a matrix is in the file, by what they are called in their block.
   *
   * @param source its name in the checkpoint
   */
  public Map<String, BlockType> types(GgufMix mix, String source) {
    Map<String, BlockType> types = new LinkedHashMap<>();
    for (GgufPlace place : names.places(source)) {
      String part = place.tensor().replaceAll("^blk\\.\\d+\\.|\\.weight$", "");
      types.put(part, mix.type(place.tensor(), model));
    }
    return types;
  }

  /**
   * The type of a matrix, whose columns may be no whole blocks of it.
   *
   * @param source its name in the checkpoint
   */
  public BlockType type(GgufMix mix, String source) {
    return mix.type(names.place(source).tensor(), model);
  }
}
