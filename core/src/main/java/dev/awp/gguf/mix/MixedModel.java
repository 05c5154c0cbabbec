// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.mix;

import dev.awp.config.AttentionConfig;
import dev.awp.config.ExpertConfig;
import dev.awp.config.ModelConfig;
import dev.awp.gguf.block.BlockType;
import dev.awp.gguf.model.GgufArchitecture;
import dev.awp.gguf.model.GgufNames;

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
    boolean own = attention.heads() == attention.keyValueHeads();
    boolean large =
        switch (architecture) {
          case LLAMA -> !own && experts != EIGHT;
          case QWEN2, DECI -> true;
          default -> false;
        };
    return new MixModel(
        config.layers(),
        config.hiddenSize(),
        attention.heads() / attention.keyValueHeads(),
        experts,
        config.experts().filter(e -> e.sharedWidth().isPresent()).isPresent(),
        config.tieWordEmbeddings(),
        large && config.layers() == LARGE);
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
