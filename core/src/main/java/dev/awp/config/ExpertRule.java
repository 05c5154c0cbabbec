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
 * @param perTokenKey key of the number of experts that a token is sent to
 * @param widthKey key of an expert's intermediate size
 * @param sharedWidthKey key of that of the expert that sees every token, where there is one
 * @param sharedCountKey key of how many times as wide as the others that one is, where there is one
 * @param normalizedKey key of whether the weights of a token's experts are made to add up to one;
 *     where there is none, they always are
 * @param routing how the experts of a token are chosen
 * @param bias whether experts and the router have biases
 * @param sharedGated whether the expert that sees every token is multiplied by a sigmoid of it
 * @param stepKey key of how many blocks there are from one with experts to the next, where there is
 *     one
 * @param denseListKey key of a list of blocks without experts, where there is one
 * @param expertListKey key of a list of blocks with experts, which counts before the step's, where
 *     there is one
 * @param denseWidthKey key of the intermediate size of blocks without experts, where that is not
 *     "intermediate_size"
 * @param leadingDenseKey key of how many first blocks have none, where there is one
 * @param flagKey key of whether there are any, where there is one
 * @param mayBeNone whether the number of experts may be 0, which says that no block has any
 */
public record ExpertRule(
    ExpertNames names,
    List<String> countKeys,
    String perTokenKey,
    String widthKey,
    Optional<String> sharedWidthKey,
    Optional<String> sharedCountKey,
    Optional<String> normalizedKey,
    RoutingRule routing,
    boolean bias,
    boolean sharedGated,
    Optional<String> stepKey,
    Optional<String> denseListKey,
    Optional<String> expertListKey,
    Optional<String> denseWidthKey,
    Optional<String> leadingDenseKey,
    Optional<String> flagKey,
    boolean mayBeNone) {
  /** The usual key of the number of experts that a token is sent to. */
  public static final String PER_TOKEN_KEY = "num_experts_per_tok";

  /** Key of what gate and up are clamped to, where they are. */
  public static final String LIMIT_KEY = "swiglu_limit";

  /** Key of what a clamped gate is multiplied by under the sigmoid. */
  public static final String ALPHA_KEY = "swiglu_alpha";

  public ExpertRule {
    countKeys = List.copyOf(countKeys);
  }

  /** One that is Mixtral's but for what is said about it. */
  public static Builder of(ExpertNames names) {
    return new Builder(names);
  }

  /** Qwen's, without a shared expert. */
  public static Builder qwen() {
    return of(ExpertNames.apart("mlp", "gate_proj", "up_proj", "down_proj"))
        // Renamed when transformers 5 saves a configuration.
        .counted("num_local_experts", "num_experts")
        .width("moe_intermediate_size")
        .normalized("norm_topk_prob")
        .steps("decoder_sparse_step")
        .dense("mlp_only_layers");
  }

  /** The keys of config.json that it depends on. */
  public Set<String> keys() {
    Set<String> keys = new HashSet<>(countKeys);
    keys.add(perTokenKey);
    flagKey.ifPresent(keys::add);
    keys.add(widthKey);
    sharedWidthKey.ifPresent(keys::add);
    sharedCountKey.ifPresent(keys::add);
    normalizedKey.ifPresent(keys::add);
    leadingDenseKey.ifPresent(keys::add);
    stepKey.ifPresent(keys::add);
    denseListKey.ifPresent(keys::add);
    expertListKey.ifPresent(keys::add);
    denseWidthKey.ifPresent(keys::add);
    keys.addAll(routing.keys());
    return keys;
  }

  /** Begins with Mixtral's choices. */
  public static final class Builder {
    private final ExpertNames names;
    private List<String> countKeys = List.of("num_local_experts");
    private String perTokenKey = PER_TOKEN_KEY;
    private String widthKey = "intermediate_size";
    private Optional<String> sharedWidthKey = Optional.empty();
    private Optional<String> sharedCountKey = Optional.empty();
    private Optional<String> normalizedKey = Optional.empty();
    private RoutingRule routing = RoutingRule.SOFTMAX;
    private boolean bias;
    private boolean sharedGated;
    private Optional<String> stepKey = Optional.empty();
    private Optional<String> denseListKey = Optional.empty();
    private Optional<String> expertListKey = Optional.empty();
    private Optional<String> denseWidthKey = Optional.empty();
    private Optional<String> leadingDenseKey = Optional.empty();
    private Optional<String> flagKey = Optional.empty();
    private boolean mayBeNone;

    private Builder(ExpertNames names) {
      this.names = names;
    }

    public Builder counted(String... keys) {
      this.countKeys = List.of(keys);
      return this;
    }

    public Builder perToken(String key) {
      this.perTokenKey = key;
      return this;
    }

    public Builder width(String key) {
      this.widthKey = key;
      return this;
    }

    /** With a gated expert for every token, whose intermediate size a key tells. */
    public Builder sharing(String key) {
      this.sharedGated = true;
      return sharingUngated(key);
    }

    /** With an expert for every token, whose intermediate size a key tells. */
    public Builder sharingUngated(String key) {
      this.sharedWidthKey = Optional.of(key);
      return this;
    }

    /** With an expert for every token, so many times as wide as the others. */
    public Builder sharingTimes(String key) {
      this.sharedCountKey = Optional.of(key);
      return this;
    }

    public Builder normalized(String key) {
      this.normalizedKey = Optional.of(key);
      return this;
    }

    public Builder routing(RoutingRule value) {
      this.routing = value;
      return this;
    }

    public Builder biased() {
      this.bias = true;
      return this;
    }

    public Builder steps(String key) {
      this.stepKey = Optional.of(key);
      return this;
    }

    public Builder dense(String listKey) {
      this.denseListKey = Optional.of(listKey);
      return this;
    }

    public Builder listed(String listKey) {
      this.expertListKey = Optional.of(listKey);
      return this;
    }

    public Builder denseWidth(String key) {
      this.denseWidthKey = Optional.of(key);
      return this;
    }

    public Builder leadingDense(String key) {
      this.leadingDenseKey = Optional.of(key);
      return this;
    }

    /** A key says whether blocks have experts. */
    public Builder flagged(String key) {
      this.flagKey = Optional.of(key);
      return this;
    }

    /** Models of the architecture may have no experts. */
    public Builder mayBeNone() {
      this.mayBeNone = true;
      return this;
    }

    public ExpertRule build() {
      return new ExpertRule(
          names,
          countKeys,
          perTokenKey,
          widthKey,
          sharedWidthKey,
          sharedCountKey,
          normalizedKey,
          routing,
          bias,
          sharedGated,
          stepKey,
          denseListKey,
          expertListKey,
          denseWidthKey,
          leadingDenseKey,
          flagKey,
          mayBeNone);
    }
  }
}
