// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * How config.json tells of an architecture's mixture of experts.
 *
 * @param names of its parts on disk
 * @param countKeys keys of the number of experts, the first that is there
 * @param widthKey key of an expert's intermediate size
 * @param sharedWidthKey key of that of the expert that sees every token, where there is one
 * @param normalizedKey key of whether the weights of a token's experts are made to add up to one;
 *     where there is none, they always are
 * @param denseBlocks whether {@link #STEP_KEY} and {@link #DENSE_KEY} leave blocks without experts
 */
public record ExpertRule(
    ExpertNames names,
    List<String> countKeys,
    String widthKey,
    Optional<String> sharedWidthKey,
    Optional<String> normalizedKey,
    boolean denseBlocks) {
  /** Key of the number of experts that a token is sent to. */
  public static final String PER_TOKEN_KEY = "num_experts_per_tok";

  /** Key of how many blocks there are from one with experts to the next. */
  public static final String STEP_KEY = "decoder_sparse_step";

  /** Key of a list of blocks without experts. */
  public static final String DENSE_KEY = "mlp_only_layers";

  public ExpertRule {
    countKeys = List.copyOf(countKeys);
  }

  /** Qwen's, without a shared expert. */
  public static ExpertRule qwen() {
    return new ExpertRule(
        new ExpertNames("mlp", "gate_proj", "up_proj", "down_proj"),
        // Renamed when transformers 5 saves a configuration.
        List.of("num_local_experts", "num_experts"),
        "moe_intermediate_size",
        Optional.empty(),
        Optional.of("norm_topk_prob"),
        true);
  }

  /** The same with a shared expert whose intermediate size a key tells. */
  public ExpertRule sharing(String key) {
    return new ExpertRule(names, countKeys, widthKey, Optional.of(key), normalizedKey, denseBlocks);
  }

  /** The keys of config.json that it depends on. */
  public Set<String> keys() {
    Set<String> keys = new HashSet<>(countKeys);
    keys.add(PER_TOKEN_KEY);
    keys.add(widthKey);
    sharedWidthKey.ifPresent(keys::add);
    normalizedKey.ifPresent(keys::add);
    if (denseBlocks) {
      keys.add(STEP_KEY);
      keys.add(DENSE_KEY);
    }
    return keys;
  }
}
