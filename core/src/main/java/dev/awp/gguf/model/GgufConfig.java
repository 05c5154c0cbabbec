// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.model;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.awp.AwpException;
import dev.awp.config.Architecture;
import dev.awp.config.BlockConfig;
import dev.awp.config.ExpertRule;
import dev.awp.config.NormKind;
import dev.awp.config.RecurrenceRule;
import dev.awp.config.RoutingRule;
import dev.awp.config.WindowRule;
import dev.awp.config.architecture.Architectures;
import dev.awp.gguf.file.GgufKeys;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * config.json of transformers for a model in a GGUF file: what llama.cpp's graph computes, in the
 * words of the architecture's class.
 */
public final class GgufConfig {
  private static final String WIDTH = "feed_forward_length";

  private static final String KEY_VALUE_HEADS = "attention.head_count_kv";

  /** llama.cpp's number of sigmoids as what makes scores of a router's outputs. */
  private static final int SIGMOID = 2;

  private final GgufKeys keys;
  private final GgufTensors tensors;
  private final Architecture architecture;
  private final GgufArchitecture graph;
  private final ObjectNode config = JsonNodeFactory.instance.objectNode();

  private GgufConfig(GgufKeys keys, GgufTensors tensors) {
    this.keys = keys;
    this.tensors = tensors;
    this.architecture = architecture(keys, hasInputBiasesAlone(keys, tensors));
    this.graph = GgufArchitecture.named(keys.architecture(), architecture);
  }

  /** What is asked of the tensors: the shape of one, and the values of a vector. */
  public record GgufTensors(
      Function<String, Optional<List<Long>>> shape, Function<String, float[]> vector) {
    boolean has(String name) {
      return shape.apply(name).isPresent();
    }

    /** Whether any of the first blocks has a tensor. */
    boolean anyBlockHas(int blocks, String name) {
      return IntStream.range(0, blocks).anyMatch(block -> has("blk." + block + "." + name));
    }
  }

  /**
   * Whether queries, keys and values of a file of both graphs' form have biases, and outputs of
   * attention none: as in Qwen2.
   */
  private static boolean hasInputBiasesAlone(GgufKeys keys, GgufTensors tensors) {
    return keys.architecture().equals(GgufArchitecture.DECI.llamaName())
        && tensors.anyBlockHas(blocks(keys), "attn_q.bias")
        && !tensors.anyBlockHas(blocks(keys), "attn_output.bias");
  }

  /**
   * The class of transformers whose graph a file names.
   *
   * @param inputBiases whether those of queries, keys and values are the only ones of attention
   */
  private static Architecture architecture(GgufKeys keys, boolean inputBiases) {
    String name = keys.architecture();
    String graph = GgufArchitecture.plainName(name, inputBiases);
    boolean mixture = keys.whole(name + ".expert_count").orElse(0) > 0;
    boolean windowed = keys.whole(name + ".attention.sliding_window").orElse(0) > 0;
    return Architectures.all().stream()
        .filter(known -> known.llamaCppName().filter(graph::equals).isPresent())
        .filter(known -> mayHave(known, mixture))
        .filter(_ -> GgufArchitecture.hasExperts(name).orElse(mixture) == mixture)
        .filter(known -> isRoutedSo(known, keys))
        .min(Comparator.comparing(known -> !isOf(known, windowed)))
        .orElseThrow(
            () ->
                new AwpException(
                    "%s: architecture %s%s is not supported; these are: %s"
                        .formatted(
                            keys.file(), name, mixture ? " with experts" : "", supported())));
  }

  private static boolean mayHave(Architecture architecture, boolean mixture) {
    boolean bySublayers =
        architecture
            .recurrence()
            .filter(rule -> rule.place() == RecurrenceRule.Place.ALONE)
            .isPresent();
    return architecture.experts().isPresent() == mixture
        || architecture
            .experts()
            .filter(rule -> rule.mayBeNone() || rule.flagKey().isPresent() || bySublayers)
            .isPresent();
  }

  /** Whether an architecture is the one of its graph that has a sliding window, or has none. */
  private static boolean isOf(Architecture architecture, boolean windowed) {
    boolean may = !(architecture.windows() instanceof WindowRule.Never);
    return may == (windowed && GgufArchitecture.of(architecture).readsWindow());
  }

  /** Whether an architecture is the one of its graph that makes scores of experts so. */
  private static boolean isRoutedSo(Architecture architecture, GgufKeys keys) {
    boolean read = GgufArchitecture.of(architecture).readsRouting();
    boolean sigmoid = keys.whole(keys.architecture() + ".expert_gating_func").orElse(0) == SIGMOID;
    return !read
        || sigmoid
            == architecture.experts().orElseThrow().routing().equals(RoutingRule.SIGMOID_GROUPS);
  }

  private static String supported() {
    return Stream.concat(
            Architectures.all().stream().flatMap(known -> known.llamaCppName().stream()),
            GgufArchitecture.formNames())
        .distinct()
        .collect(Collectors.joining(", "));
  }

  /**
   * The content of config.json.
   *
   * @throws AwpException where a key is missing, or asks for what awp does not know
   */
  public static ObjectNode of(GgufKeys keys, GgufTensors tensors) {
    GgufConfig made = new GgufConfig(keys, tensors);
    made.config.putArray("architectures").add(made.architecture.name());
    made.config.put("model_type", made.architecture.modelType());
    made.addSizes();
    made.addAttention();
    made.architecture.experts().ifPresent(made::addMixture);
    made.architecture
        .recurrence()
        .ifPresent(rule -> new GgufRecurrence(keys, tensors).addTo(made.config, rule));
    new GgufRotation(keys, tensors, made.architecture).addTo(made.config);
    made.addTokens();
    return made.config;
  }

  private String key(String name) {
    return keys.architecture() + "." + name;
  }

  private int whole(String name) {
    return GgufNumbers.whole(keys, key(name));
  }

  /** Blocks of the decoder, without those behind them that predict tokens further on. */
  private static int blocks(GgufKeys keys) {
    String name = keys.architecture();
    int more = keys.whole(name + ".nextn_predict_layers").orElse(0);
    return GgufNumbers.whole(keys, name + ".block_count") - more;
  }

  private int headDimension() {
    return headDimension(keys);
  }

  /** Rows of a head of queries or keys. */
  public static int headDimension(GgufKeys keys) {
    String name = keys.architecture();
    return keys.whole(name + ".attention.key_length")
        .orElseGet(
            () ->
                GgufNumbers.whole(keys, name + ".embedding_length")
                    / Math.max(1, GgufNumbers.first(keys, name + ".attention.head_count")));
  }

  private void addSizes() {
    String embedding = "token_embd.weight";
    List<Long> shape =
        tensors
            .shape()
            .apply(embedding)
            .orElseThrow(
                () -> new AwpException(keys.file() + ": tensor " + embedding + " is missing"));
    config.put("vocab_size", shape.getFirst());
    config.put("hidden_size", whole("embedding_length"));
    if (graph.hasBlockSizes()) {
      put("intermediate_size", widths());
    } else if (graph.hasOneSublayer()) {
      addSublayers();
    } else if (graph.isGemma4()) {
      addSharing();
    } else if (!graph.hasExpertsAlone()) {
      config.put("intermediate_size", whole(WIDTH));
    }
    config.put("num_hidden_layers", blocks(keys));
    config.put("max_position_embeddings", whole("context_length"));
    if (graph.hasOneSublayer()) {
      config.put("mlp_hidden_act", "relu2");
    } else {
      config.put("hidden_act", graph.hasGelu() ? "gelu_pytorch_tanh" : "silu");
    }
    if (graph.capsLogits()) {
      config.put("hidden_activation", "gelu_pytorch_tanh");
    }
    config.put("tie_word_embeddings", !tensors.has("output.weight"));
  }

  private void addAttention() {
    if (graph.hasBlockSizes()) {
      addHeads();
    } else if (graph.isGemma4()) {
      addKindsOfHeads();
    } else {
      int heads = whole("attention.head_count");
      config.put("num_attention_heads", heads);
      config.put(
          "num_key_value_heads",
          graph.marksRecurrences()
              ? keyValueHeads()
              : keys.ofBlocks(key(KEY_VALUE_HEADS)).orElse(heads));
    }
    if (graph.marksRecurrences() && !graph.hasOneSublayer()) {
      addKinds();
    }
    if (graph.saysPositions()) {
      boolean rotated = keys.flag(key("rope.scaling.finetuned"), true);
      config.put("position_embedding_type", rotated ? "rope" : "nope");
    }
    Optional<Integer> values = keys.whole(key("attention.value_length"));
    if (graph.hasLatentAttention()) {
      addLatent(values.orElse(headDimension()));
    } else if (!graph.isGemma4()) {
      config.put("head_dim", headDimension());
    }
    if (!graph.hasLatentAttention() && values.isPresent() && values.get() != headDimension()) {
      throw keys.fail(
          key("attention.value_length"),
          "is %s where keys have %s, awp reads heads of one size"
              .formatted(values.get(), headDimension()));
    }
    if (graph.hasOneSublayer()) {
      String own = key("attention.layer_norm_epsilon");
      config.put(
          "layer_norm_epsilon",
          GgufNumbers.shortest(
              keys,
              key("attention.layer_norm_rms_epsilon"),
              GgufNumbers.shortest(keys, own, 1e-5)));
    } else if (architecture.norms().kind() == NormKind.RMS) {
      config.put(
          "rms_norm_eps",
          GgufNumbers.shortest(keys, key("attention.layer_norm_rms_epsilon"), 1e-6));
    } else {
      config.put(
          "layer_norm_eps", GgufNumbers.shortest(keys, key("attention.layer_norm_epsilon"), 1e-5));
    }
    architecture
        .queryKeyNormKey()
        .filter(_ -> !graph.isLlama4())
        .ifPresent(flag -> config.put(flag, tensors.has("blk.0.attn_q_norm.weight")));
    addBiases();
    softCap("attn_logit_softcapping", 0);
    softCap("final_logit_softcapping", graph.usualLogitCap());
    if (architecture.windows() instanceof WindowRule.Never) {
      // Nothing that the class reads.
    } else if (graph.readsWindow()) {
      addWindow();
    } else if (graph.hasWindowBySize(whole("block_count"))) {
      int usual = GgufArchitecture.WINDOW_BY_SIZE;
      config.put("sliding_window", keys.whole(key("attention.sliding_window")).orElse(usual));
    } else if (architecture.windows() instanceof WindowRule.Listed) {
      // The architecture has one where nothing is said.
      config.putNull("sliding_window");
    }
    if (graph.hasMultipliers()) {
      addMultipliers();
    }
    if (graph.multipliesLogits()) {
      config.put("logit_scale", multiplier("logit_scale", 1));
    }
    if (graph.isLaterGemma()) {
      boolean largest = graph.isLargest(whole("block_count"));
      config.put(
          "query_pre_attn_scalar",
          largest ? whole("embedding_length") / whole("attention.head_count") : headDimension());
    }
    if (graph == GgufArchitecture.GEMMA3) {
      config.put("sliding_window_pattern", graph.windowPattern());
    }
  }

  /**
   * Adds the widths of feed-forward layers, which may be twice as wide in the last blocks, and how
   * many of these share keys and values.
   */
  private void addSharing() {
    int blocks = blocks(keys);
    int shared = keys.whole(key("attention.shared_kv_layers")).orElse(0);
    List<Integer> widths = ofEachBlock(WIDTH);
    if (widths.isEmpty() || shared > blocks) {
      throw widths.isEmpty()
          ? keys.fail(key(WIDTH), "is missing")
          : keys.fail(
              key("attention.shared_kv_layers"), "is %s of %s blocks".formatted(shared, blocks));
    }
    int width = widths.getFirst();
    boolean wide = shared > 0 && widths.getLast() == 2 * width;
    for (int block = 0; block < blocks; block++) {
      if (widths.get(block) != (wide && block >= blocks - shared ? 2 * width : width)) {
        throw keys.fail(
            key(WIDTH),
            "must be one number, and may be twice that in the last %s blocks, it is %s"
                .formatted(shared, widths));
      }
    }
    config.put("intermediate_size", width);
    config.put("num_kv_shared_layers", shared);
    config.put("use_double_wide_mlp", wide);
    int perLayer = keys.whole(key("embedding_length_per_layer_input")).orElse(0);
    config.put("hidden_size_per_layer_input", perLayer);
    config.set("vocab_size_per_layer_input", config.path("vocab_size"));
  }

  /** Adds the heads of blocks with a sliding window, and those of the others. */
  private void addKindsOfHeads() {
    int heads = GgufNumbers.whole(keys, key("attention.head_count"));
    config.put("num_attention_heads", heads);
    int full = headDimension();
    int local = keys.whole(key("attention.key_length_swa")).orElse(full);
    for (String kind : List.of("", "_swa")) {
      int columns = kind.isEmpty() ? full : local;
      String name = key("attention.value_length" + kind);
      if (keys.whole(name).orElse(columns) != columns) {
        throw keys.fail(
            name,
            "is %s where keys have %s, awp reads heads of one size"
                .formatted(keys.whole(name).get(), columns));
      }
    }
    config.put("head_dim", local);
    List<Integer> all = ofEachBlock(KEY_VALUE_HEADS);
    List<Integer> keyValues = all.isEmpty() ? Collections.nCopies(blocks(keys), heads) : all;
    List<Boolean> windowed = listedWindows();
    int localHeads = keyValuesOf(keyValues, windowed, true);
    int fullHeads = keyValuesOf(keyValues, windowed, false);
    config.put("num_key_value_heads", localHeads);
    boolean values = keysAreValues(windowed);
    config.put("attention_k_eq_v", values);
    if (values || fullHeads == localHeads) {
      config.put("global_head_dim", full);
      config.put("num_global_key_value_heads", fullHeads);
    } else {
      // Where keys are not values the class takes another number of heads from this list alone.
      ObjectNode blocks = config.putObject("per_layer_config");
      for (int block = 0; block < windowed.size(); block++) {
        if (!windowed.get(block)) {
          ObjectNode own = blocks.putObject(Integer.toString(block)).put("head_dim", full);
          own.put("num_key_value_heads", fullHeads);
        }
      }
    }
  }

  /** Of the blocks with a sliding window, or of those without; there may be none. */
  private int keyValuesOf(List<Integer> keyValues, List<Boolean> windowed, boolean kind) {
    List<Integer> distinct =
        IntStream.range(0, windowed.size())
            .filter(block -> windowed.get(block) == kind)
            .mapToObj(keyValues::get)
            .distinct()
            .toList();
    if (distinct.size() > 1) {
      throw keys.fail(
          key(KEY_VALUE_HEADS),
          "is one of %s in blocks of one kind, awp reads one number".formatted(distinct));
    }
    return distinct.isEmpty() ? keyValues.getFirst() : distinct.getFirst();
  }

  /** Whether blocks without a sliding window have no projection of values where they have keys. */
  private boolean keysAreValues(List<Boolean> windowed) {
    List<Boolean> missing =
        IntStream.range(0, windowed.size())
            .filter(block -> !windowed.get(block))
            .filter(block -> tensors.has("blk." + block + ".attn_k.weight"))
            .mapToObj(block -> !tensors.has("blk." + block + ".attn_v.weight"))
            .distinct()
            .toList();
    if (missing.size() > 1) {
      throw new AwpException(
          "%s: some blocks without a sliding window have a tensor attn_v.weight, and some have none"
              .formatted(keys.file()));
    }
    return missing.equals(List.of(true));
  }

  /** Adds which blocks have attention. */
  private void addKinds() {
    ArrayNode types = config.putArray(BlockConfig.TYPES_KEY);
    ofEachBlock(KEY_VALUE_HEADS).forEach(count -> types.add(count == 0 ? "mamba" : "attention"));
  }

  /** Of the blocks that have attention. */
  private int keyValueHeads() {
    List<Integer> heads = ofEachBlock(KEY_VALUE_HEADS);
    return only(heads)
        .orElseThrow(
            () ->
                keys.fail(
                    key(KEY_VALUE_HEADS),
                    "must be 0 or one number, which is that of blocks with attention, it is "
                        + heads));
  }

  /** The only number beside 0. */
  private static Optional<Integer> only(List<Integer> numbers) {
    List<Integer> distinct = numbers.stream().filter(number -> number > 0).distinct().toList();
    return distinct.size() == 1 ? Optional.of(distinct.getFirst()) : Optional.empty();
  }

  /** Adds what each block has, as its key/value heads and its width say, and the width. */
  private void addSublayers() {
    int blocks = blocks(keys);
    List<Integer> widths = ofEachBlock(WIDTH);
    List<Integer> heads = ofEachBlock(KEY_VALUE_HEADS);
    if (widths.isEmpty() || heads.isEmpty()) {
      throw keys.fail(key(widths.isEmpty() ? WIDTH : KEY_VALUE_HEADS), "is missing");
    }
    boolean experts = keys.whole(key("expert_count")).orElse(0) > 0;
    ArrayNode kinds = config.putArray(RecurrenceRule.SUBLAYERS_KEY);
    for (int block = 0; block < blocks; block++) {
      String wide = experts ? "moe" : "mlp";
      String narrow = heads.get(block) > 0 ? "attention" : "mamba";
      kinds.add(widths.get(block) > 0 ? wide : narrow);
    }
    boolean none = widths.stream().allMatch(width -> width == 0);
    config.put(
        "intermediate_size",
        // Of no block where there is none; the class wants a number.
        only(none ? List.of(whole("embedding_length")) : widths)
            .orElseThrow(
                () ->
                    keys.fail(
                        key(WIDTH),
                        "must be 0 or one number, which is that of blocks with feed-forward layers,"
                            + " it is "
                            + widths)));
  }

  private List<Integer> ofEachBlock(String name) {
    return keys.ofEachBlock(key(name), whole("block_count"));
  }

  /** Of each block; a list where they differ. */
  private void put(String name, List<Integer> ofBlocks) {
    if (new HashSet<>(ofBlocks).size() == 1) {
      config.put(name, ofBlocks.getFirst());
    } else {
      ArrayNode list = config.putArray(name);
      ofBlocks.forEach(list::add);
    }
  }

  private List<Integer> widths() {
    List<Integer> widths = ofEachBlock(WIDTH);
    if (widths.isEmpty() || widths.contains(0)) {
      throw keys.fail(
          key(WIDTH),
          widths.isEmpty()
              ? "is missing"
              : "is 0 for block %s, awp reads blocks that have feed-forward layers"
                  .formatted(widths.indexOf(0) + 1));
    }
    return widths;
  }

  /** A block without attention has 0 of both. */
  private void addHeads() {
    List<Integer> heads = ofEachBlock("attention.head_count");
    if (heads.isEmpty()) {
      throw keys.fail(key("attention.head_count"), "is missing");
    }
    List<Integer> own = ofEachBlock(KEY_VALUE_HEADS);
    List<Integer> keyValues = own.isEmpty() ? heads : own;
    for (int block = 0; block < heads.size(); block++) {
      if (heads.get(block) > 0 && keyValues.get(block) == 0) {
        throw keys.fail(
            key(KEY_VALUE_HEADS),
            "is 0 for block %s, which has query heads: awp knows no attention that is one matrix"
                .formatted(block + 1));
      }
    }
    put("num_attention_heads", heads);
    put("num_key_value_heads", keyValues);
  }

  private void addLatent(int valueDimension) {
    String split = key("attention.key_length_mla");
    if (keys.whole(split).isPresent()) {
      throw keys.fail(
          split,
          "is there: keys and values of latent attention are split and turned, awp reads them"
              + " whole");
    }
    int rotated = whole("rope.dimension_count");
    int rank = keys.whole(key("attention.q_lora_rank")).orElse(0);
    if (rank == 0 || graph.hasDirectQueries(whole("block_count"))) {
      config.putNull("q_lora_rank");
    } else {
      config.put("q_lora_rank", rank);
    }
    config.put("kv_lora_rank", whole("attention.kv_lora_rank"));
    config.put("qk_nope_head_dim", headDimension() - rotated);
    config.put("qk_rope_head_dim", rotated);
    config.put("v_head_dim", valueDimension);
  }

  private void addRouting(ExpertRule rule) {
    rule.leadingDenseKey()
        .ifPresent(
            name -> config.put(name, keys.whole(key("leading_dense_block_count")).orElse(0)));
    rule.sharedCountKey()
        .ifPresent(name -> config.put(name, keys.whole(key("expert_shared_count")).orElse(0)));
    boolean normalized = keys.flag(key("expert_weights_norm"), false);
    if (normalized && rule.normalizedKey().isEmpty()) {
      throw keys.fail(
          key("expert_weights_norm"), "is true, which %s has not".formatted(architecture.name()));
    }
    rule.normalizedKey().ifPresent(name -> config.put(name, normalized));
    config.put("routed_scaling_factor", multiplier("expert_weights_scale", 1));
    if (rule.routing() == RoutingRule.SIGMOID_GROUPS) {
      config.put("n_group", keys.whole(key("expert_group_count")).orElse(1));
      config.put("topk_group", keys.whole(key("expert_group_used_count")).orElse(1));
    } else if (keys.whole(key("expert_group_count")).orElse(1) > 1) {
      throw keys.fail(
          key("expert_group_count"),
          "is there, %s has no such groups".formatted(architecture.name()));
    }
  }

  private void addMultipliers() {
    double usual = 1 / Math.sqrt(headDimension());
    config.put("attention_multiplier", multiplier("attention.scale", usual));
    config.put("embedding_multiplier", multiplier("embedding_scale", 1));
    config.put("residual_multiplier", multiplier("residual_scale", 1));
    config.put("logits_scaling", multiplier("logit_scale", 1));
  }

  /** A number of the file; 0 is none. */
  private double multiplier(String name, double fallback) {
    double value = GgufNumbers.shortest(keys, key(name), fallback);
    return value == 0 ? fallback : value;
  }

  /** A window of the whole context is none. */
  private void addWindow() {
    if (graph.isGemma4()) {
      config.put("sliding_window", whole("attention.sliding_window"));
      addWindowedBlocks(listedWindows());
      return;
    }
    keys.whole(key("attention.sliding_window"))
        .filter(width -> width < whole("context_length"))
        .ifPresentOrElse(
            width -> config.put("sliding_window", width), () -> config.putNull("sliding_window"));
    if (graph.listsWindows() && config.hasNonNull("sliding_window")) {
      addWindowedBlocks(listedWindows());
    }
  }

  /** Whether each block has a sliding window, by the list of the file or the graph's pattern. */
  private List<Boolean> listedWindows() {
    int blocks = blocks(keys);
    String name = key("attention.sliding_window_pattern");
    List<Boolean> listed = keys.flags(name);
    int pattern = graph.windowPattern();
    if (listed.size() < blocks && (pattern == 0 || !listed.isEmpty())) {
      throw keys.fail(name, "lists %s of %s blocks".formatted(listed.size(), blocks));
    }
    return IntStream.range(0, blocks)
        .mapToObj(block -> listed.isEmpty() ? (block + 1) % pattern != 0 : listed.get(block))
        .toList();
  }

  private void addWindowedBlocks(List<Boolean> windowed) {
    ArrayNode types = config.putArray(BlockConfig.TYPES_KEY);
    windowed.forEach(own -> types.add(own ? "sliding_attention" : "full_attention"));
  }

  /** Qwen2 has them by itself. */
  private void addBiases() {
    boolean biased = tensors.anyBlockHas(blocks(keys), "attn_q.bias");
    GgufArchitecture plain =
        graph == GgufArchitecture.DECI ? GgufArchitecture.of(architecture) : graph;
    switch (plain) {
      case QWEN2 -> {}
      case QWEN2_MOE -> config.put("qkv_bias", biased);
      default -> config.put("attention_bias", biased);
    }
    if (tensors.anyBlockHas(blocks(keys), "ffn_up.bias")) {
      config.put("mlp_bias", true);
    }
  }

  /**
   * Caps that the architecture has at other times are none where the file has none.
   *
   * @param usual that of the graph where the file says nothing; 0 where it has none then
   */
  private void softCap(String name, double usual) {
    double cap = keys.number(key(name)).orElse(usual);
    if (cap != 0) {
      config.put(name, cap);
    } else if (graph.capsLogits()) {
      config.putNull(name);
    }
  }

  private void addMixture(ExpertRule rule) {
    if (keys.whole(key("expert_count")).orElse(0) > 0) {
      addExperts(rule);
      return;
    }
    if (!rule.mayBeNone()) {
      return;
    }
    config.put(rule.countKeys().getLast(), 0);
    config.put(ExpertRule.PER_TOKEN_KEY, 0);
    rule.denseWidthKey().ifPresent(name -> config.put(name, whole(WIDTH)));
  }

  private void addExperts(ExpertRule rule) {
    String latent = key("moe_latent_size");
    if (keys.whole(latent).orElse(0) > 0) {
      throw keys.fail(
          latent,
          "is %s, awp knows no experts behind a smaller vector"
              .formatted(keys.whole(latent).get()));
    }
    config.put(rule.countKeys().getLast(), whole("expert_count"));
    config.put(rule.perTokenKey(), whole("expert_used_count"));
    rule.flagKey().ifPresent(name -> config.put(name, true));
    if (graph.hasExpertsBeside()) {
      config.put(rule.widthKey(), whole("expert_feed_forward_length"));
      return;
    }
    if (graph.readsRouting()) {
      addRouting(rule);
    }
    if (graph.isLlama4()) {
      addLlama4();
      return;
    }
    if (graph.isQwenMixture() || graph.readsRouting()) {
      config.put(rule.widthKey(), whole("expert_feed_forward_length"));
    }
    rule.sharedWidthKey()
        .ifPresent(name -> config.put(name, whole("expert_shared_feed_forward_length")));
    rule.normalizedKey()
        .filter(_ -> !graph.readsRouting())
        .ifPresent(name -> config.put(name, graph.normalizesShares()));
  }

  private void addLlama4() {
    if (keys.whole(key("attention.sliding_window")).orElse(1) == 0) {
      throw keys.fail(key("attention.sliding_window"), "is 0, awp reads models with chunks");
    }
    config.put("intermediate_size_mlp", whole(WIDTH));
    config.put("intermediate_size", whole("expert_feed_forward_length"));
    config.put("interleave_moe_layer_step", whole("interleave_moe_layer_step"));
    config.put("use_qk_norm", graph.normsRotatedHeads(whole("expert_count")));
    config.put("no_rope_layer_interval", GgufArchitecture.POSITIONLESS);
    config.put("attention_chunk_size", GgufArchitecture.CHUNK);
    config.put("attn_temperature_tuning", true);
    config.put("floor_scale", GgufArchitecture.CHUNK);
    config.put("attn_scale", GgufArchitecture.TEMPERATURE);
  }

  private void addTokens() {
    for (String name : List.of("bos", "eos")) {
      keys.whole("tokenizer.ggml." + name + "_token_id")
          .ifPresent(id -> config.put(name + "_token_id", id));
    }
    keys.whole("tokenizer.ggml.padding_token_id").ifPresent(id -> config.put("pad_token_id", id));
  }
}
