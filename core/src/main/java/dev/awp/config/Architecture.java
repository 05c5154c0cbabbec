// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config;

import dev.awp.rope.RotatedPairs;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * An architecture as data: a decoder of blocks, what differs beside what config.json says (numbers,
 * activation, soft caps), and how its config.json is to be read. docs/models.md tells where each
 * was read.
 *
 * @param name its class in transformers, as "architectures" has it
 * @param modelType its "model_type", by which models that also see name their text model; empty
 *     where none names it
 * @param names what the tensors of the model are called where it does text alone
 * @param norms of a block
 * @param parallel whether both steps of a block see the hidden states that come into it
 * @param queryKeyNorm how queries and keys are normed before they are rotated
 * @param queryKeyNormKey key of config.json that says whether they are, where it does
 * @param projections how projections of the same input lie on disk
 * @param finalNorm module of the norm behind the last block
 * @param attention module of attention in its block
 * @param feedForward module of the feed-forward layer in its block
 * @param gated whether feed-forward layers and experts have gates
 * @param latentAttention whether keys and values are made by way of a smaller vector
 * @param sinks whether each head has one more score, which takes a share and has no value
 * @param outputGate whether what attention gathers is multiplied by sigmoids of gates
 * @param outputBias whether "attention_bias" speaks of the output projection too
 * @param scalesScores whether attention scores are divided by the root of the head dimension, or as
 *     config.json says
 * @param normsValues whether each head of values is normed, without weights
 * @param globalHeads how config.json tells of other heads of blocks without a sliding window, where
 *     it does
 * @param blockScalar tensor of a block with the number that hidden states are multiplied by behind
 *     it, where there is one
 * @param keySharing how config.json tells that last blocks share keys and values of earlier ones,
 *     where it does
 * @param perLayer how config.json tells of vectors that every block has for each token, where it
 *     does
 * @param scalesEmbeddings whether embeddings are multiplied by the square root of the hidden size
 * @param rotatedPairs which columns of queries and keys are rotated together
 * @param longRopeAlone whether longrope is the only rope scaling, whose name may be "su" or "yarn"
 * @param positions which blocks rotate them
 * @param windows which blocks have the sliding window
 * @param experts how config.json tells of a mixture of experts, where there is one
 * @param recurrence how config.json tells of recurrences, where there are any
 * @param defaults a JSON object: what config.json's keys mean where it leaves them out, by the
 *     architecture's class in transformers (models/.../configuration_*.py), where that differs from
 *     LLaMA's
 * @param sizes a JSON object: the sizes that a text_config leaves out where they are transformers'
 *     defaults; any other config.json has to say them
 * @param keys of config.json that are read beside those that every architecture has, and those of
 *     windows and experts
 * @param idleKeys keys that its class in transformers has and does nothing with
 * @param llamaCppName the graph of llama.cpp that computes it, where there is one
 */
public record Architecture(
    String name,
    String modelType,
    TensorNames names,
    BlockNorms norms,
    boolean parallel,
    QueryKeyNorm queryKeyNorm,
    Optional<String> queryKeyNormKey,
    Projections projections,
    String finalNorm,
    String attention,
    String feedForward,
    boolean gated,
    boolean latentAttention,
    boolean sinks,
    boolean outputGate,
    boolean outputBias,
    boolean scalesScores,
    boolean normsValues,
    Optional<GlobalHeads> globalHeads,
    Optional<String> blockScalar,
    Optional<KeySharing> keySharing,
    Optional<PerLayerRule> perLayer,
    boolean scalesEmbeddings,
    RotatedPairs rotatedPairs,
    boolean longRopeAlone,
    PositionRule positions,
    WindowRule windows,
    Optional<ExpertRule> experts,
    Optional<RecurrenceRule> recurrence,
    String defaults,
    String sizes,
    Set<String> keys,
    Set<String> idleKeys,
    Optional<String> llamaCppName) {
  public Architecture {
    keys = Set.copyOf(keys);
    idleKeys = Set.copyOf(idleKeys);
  }

  /** An architecture that is LLaMA but for what is said about it. */
  public static Builder named(String name) {
    return new Builder(name);
  }

  /** Begins with LLaMA's choices. */
  public static final class Builder {
    private final String name;
    private String modelType = "";
    private TensorNames names = TensorNames.under("");
    private BlockNorms norms = BlockNorms.BEFORE;
    private boolean parallel;
    private QueryKeyNorm queryKeyNorm = QueryKeyNorm.NONE;
    private Optional<String> queryKeyNormKey = Optional.empty();
    private Projections projections = Projections.SEPARATE;
    private String finalNorm = "norm";
    private String attention = "self_attn";
    private String feedForward = "mlp";
    private boolean gated = true;
    private boolean latentAttention;
    private boolean sinks;
    private boolean outputGate;
    private boolean outputBias = true;
    private boolean scalesScores = true;
    private boolean normsValues;
    private Optional<GlobalHeads> globalHeads = Optional.empty();
    private Optional<String> blockScalar = Optional.empty();
    private Optional<KeySharing> keySharing = Optional.empty();
    private Optional<PerLayerRule> perLayer = Optional.empty();
    private boolean scalesEmbeddings;
    private RotatedPairs rotatedPairs = RotatedPairs.HALVES;
    private boolean longRopeAlone;
    private PositionRule positions = PositionRule.ALL;
    private WindowRule windows = WindowRule.NEVER;
    private Optional<ExpertRule> experts = Optional.empty();
    private Optional<RecurrenceRule> recurrence = Optional.empty();
    private String defaults = "{}";
    private String sizes = "{}";
    private final Set<String> keys = new HashSet<>();
    private Set<String> idleKeys = Set.of();
    private Optional<String> llamaCppName = Optional.empty();

    private Builder(String name) {
      this.name = name;
    }

    public Builder modelType(String value) {
      this.modelType = value;
      return this;
    }

    public Builder names(TensorNames value) {
      this.names = value;
      return this;
    }

    public Builder norms(BlockNorms value) {
      this.norms = value;
      return this;
    }

    public Builder parallel() {
      this.parallel = true;
      return this;
    }

    public Builder queryKeyNorm(QueryKeyNorm value) {
      this.queryKeyNorm = value;
      return this;
    }

    /** Where a flag of config.json says so. */
    public Builder queryKeyNorm(QueryKeyNorm value, String key) {
      this.queryKeyNormKey = Optional.of(key);
      keys.add(key);
      return queryKeyNorm(value);
    }

    public Builder projections(Projections value) {
      this.projections = value;
      return this;
    }

    public Builder finalNorm(String module) {
      this.finalNorm = module;
      return this;
    }

    public Builder attention(String module) {
      this.attention = module;
      return this;
    }

    public Builder feedForward(String module) {
      this.feedForward = module;
      return this;
    }

    public Builder withoutGates() {
      this.gated = false;
      return this;
    }

    public Builder latentAttention() {
      this.latentAttention = true;
      return reads(
          "q_lora_rank", "kv_lora_rank", "qk_nope_head_dim", "qk_rope_head_dim", "v_head_dim");
    }

    public Builder sinks() {
      this.sinks = true;
      return this;
    }

    public Builder outputGate() {
      this.outputGate = true;
      return this;
    }

    public Builder withoutOutputBias() {
      this.outputBias = false;
      return this;
    }

    /** Scores are what products of queries and keys are. */
    public Builder withoutScoreScale() {
      this.scalesScores = false;
      return this;
    }

    public Builder normsValues() {
      this.normsValues = true;
      return this;
    }

    public Builder globalHeads(GlobalHeads value) {
      this.globalHeads = Optional.of(value);
      keys.addAll(value.keys());
      return this;
    }

    public Builder blockScalar(String tensor) {
      this.blockScalar = Optional.of(tensor);
      return this;
    }

    public Builder keySharing(KeySharing value) {
      this.keySharing = Optional.of(value);
      keys.addAll(value.keys());
      return this;
    }

    public Builder perLayer(PerLayerRule value) {
      this.perLayer = Optional.of(value);
      keys.addAll(value.keys());
      return this;
    }

    public Builder scalesEmbeddings() {
      this.scalesEmbeddings = true;
      return this;
    }

    public Builder rotatedPairs(RotatedPairs value) {
      this.rotatedPairs = value;
      return this;
    }

    public Builder longRopeAlone() {
      this.longRopeAlone = true;
      return this;
    }

    public Builder positions(PositionRule value) {
      this.positions = value;
      return this;
    }

    public Builder windows(WindowRule value) {
      this.windows = value;
      return this;
    }

    public Builder experts(ExpertRule value) {
      this.experts = Optional.of(value);
      return this;
    }

    public Builder recurrence(RecurrenceRule value) {
      this.recurrence = Optional.of(value);
      return this;
    }

    public Builder defaults(String json) {
      this.defaults = json;
      return this;
    }

    public Builder sizes(String json) {
      this.sizes = json;
      return this;
    }

    public Builder reads(String... names) {
      keys.addAll(List.of(names));
      return this;
    }

    public Builder doesNothingWith(String... names) {
      this.idleKeys = Set.of(names);
      return this;
    }

    public Builder llamaCpp(String graph) {
      this.llamaCppName = Optional.of(graph);
      return this;
    }

    public Architecture build() {
      return new Architecture(
          name,
          modelType,
          names,
          norms,
          parallel,
          queryKeyNorm,
          queryKeyNormKey,
          projections,
          finalNorm,
          attention,
          feedForward,
          gated,
          latentAttention,
          sinks,
          outputGate,
          outputBias,
          scalesScores,
          normsValues,
          globalHeads,
          blockScalar,
          keySharing,
          perLayer,
          scalesEmbeddings,
          rotatedPairs,
          longRopeAlone,
          positions,
          windows,
          experts,
          recurrence,
          defaults,
          sizes,
          keys,
          idleKeys,
          llamaCppName);
    }
  }
}
