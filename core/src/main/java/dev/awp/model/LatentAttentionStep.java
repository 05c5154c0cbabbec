// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model;

import dev.awp.config.AttentionConfig;
import dev.awp.config.LatentAttention;
import dev.awp.config.StepNorms;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Attention of a block whose keys and values, and queries where there is a vector for them, are
 * made by way of smaller vectors.
 */
public record LatentAttentionStep(ModelLayout layout, int block) implements BlockStep {
  private static final String MODULE = "self_attn.";

  /** Makes queries of the step's input. */
  public static final String QUERIES = MODULE + "q_proj";

  /** Makes the vector that queries are made of. */
  public static final String QUERY_LATENT = MODULE + "q_a_proj";

  /** Norm of that vector. */
  public static final String QUERY_NORM = MODULE + "q_a_layernorm";

  /** Makes queries of that vector. */
  public static final String LATENT_QUERIES = MODULE + "q_b_proj";

  /** Makes the vector of keys and values, and the rotated columns that all keys share. */
  public static final String KEY_VALUE_LATENT = MODULE + "kv_a_proj_with_mqa";

  /** Norm of that vector. */
  public static final String KEY_VALUE_NORM = MODULE + "kv_a_layernorm";

  /** Makes keys and values of that vector, head by head. */
  public static final String KEYS_VALUES = MODULE + "kv_b_proj";

  /** Of the heads' outputs. */
  public static final String OUTPUT = MODULE + "o_proj";

  /** What config.json says of it. */
  public AttentionConfig config() {
    return layout.config().block(block).attention();
  }

  /** How the smaller vectors are. */
  public LatentAttention latent() {
    return config().latent().orElseThrow();
  }

  /** Rotated columns that all heads of keys share. */
  public int rotatedDimension() {
    return config().headDimension() - latent().plainDimension();
  }

  /** Columns of all heads of what keys and values are made of their vector. */
  public int expandedWidth() {
    return config().heads() * (latent().plainDimension() + latent().valueDimension());
  }

  @Override
  public Step step() {
    return Step.ATTENTION;
  }

  @Override
  public StepNorms norms() {
    return layout.architecture().norms().attention();
  }

  @Override
  public List<LinearLayer> linears() {
    int hidden = layout.config().hiddenSize();
    int queries = config().queryWidth();
    int keyValueRank = latent().keyValueRank();
    StepLinears linears = new StepLinears(layout, block);
    boolean direct = latent().queryRank().isEmpty();
    linears.add(
        List.of(direct ? QUERIES : QUERY_LATENT, KEY_VALUE_LATENT),
        List.of(latent().queryRank().orElse(queries), keyValueRank + rotatedDimension()),
        InputSite.ATTENTION_INPUT,
        hidden);
    linears.add(
        List.of(KEYS_VALUES), List.of(expandedWidth()), InputSite.KEY_VALUE_LATENT, keyValueRank);
    latent()
        .queryRank()
        .ifPresent(
            rank ->
                linears.add(
                    List.of(LATENT_QUERIES), List.of(queries), InputSite.QUERY_LATENT, rank));
    linears.add(
        List.of(OUTPUT), List.of(hidden), InputSite.ATTENTION_OUTPUT, config().outputWidth());
    return linears.all();
  }

  @Override
  public boolean hasBias(LinearLayer linear) {
    boolean latent =
        linear.site().equals(InputSite.ATTENTION_INPUT) && !linear.name().endsWith(QUERIES);
    return (latent && config().inputBias())
        || (linear.site().equals(InputSite.ATTENTION_OUTPUT) && config().outputBias());
  }

  @Override
  public Map<String, List<Long>> others() {
    Map<String, List<Long>> shapes = new LinkedHashMap<>();
    String prefix = layout.prefix(block);
    latent()
        .queryRank()
        .ifPresent(rank -> shapes.put(prefix + QUERY_NORM + ".weight", List.of((long) rank)));
    shapes.put(prefix + KEY_VALUE_NORM + ".weight", List.of((long) latent().keyValueRank()));
    return shapes;
  }
}
