// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.model;

import dev.awp.AwpException;
import dev.awp.config.Architecture;
import dev.awp.config.BlockNorms;
import dev.awp.config.ExpertConfig;
import dev.awp.config.ExpertNames;
import dev.awp.config.ExpertRule;
import dev.awp.config.ModelConfig;
import dev.awp.config.RecurrenceRule;
import dev.awp.config.TensorNames;
import dev.awp.gguf.file.GgufPlace;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Names of tensors in a GGUF file, by the names that transformers gives their modules. llama.cpp
 * has them in its `LLM_TENSOR_NAMES`.
 */
public final class GgufNames {
  private static final Pattern BLOCK = Pattern.compile("model\\.layers\\.(\\d+)\\.(.*)");
  private static final Pattern EXPERT =
      Pattern.compile(
          "(?:(?:mlp|block_sparse_moe|feed_forward|mixer)\\.)?experts\\.(\\d+)\\.(\\w+)");
  private static final Pattern STORED = Pattern.compile("(?:blk\\.(\\d{1,5})\\.)?(\\w+)");
  private static final Pattern STORED_BLOCK = Pattern.compile("blk\\.(\\d{1,5})\\.([\\w.]+)");

  /** What names of the first expert hold. */
  public static final String FIRST_EXPERT = ".experts.0.";

  /** The short convolution of a recurrence. */
  static final String CONVOLUTION = "ssm_conv1d";

  /** The norm of what a recurrence gives. */
  static final String RECURRENT_NORM = "ssm_norm";

  /** A of every head of a recurrence. */
  static final String DECAY = "ssm_a";

  /** D of every head. */
  static final String SKIP = "ssm_d";

  /** Gates of all experts of a block, each above what it gates, as other files have them. */
  public static final String GATES_AND_UPS = "ffn_gate_up_exps";

  private static final String ROUTER = "ffn_gate_inp";
  private static final String FUSED = "mlp.gate_up_proj";
  private static final Set<String> FEED_FORWARD = Set.of("ffn_gate", "ffn_up", "ffn_down");
  private static final Set<String> GATED = Set.of("ffn_gate", "ffn_up");
  private static final String SHARED = "_shexp";
  private static final String FINAL_NORM = "output_norm";
  private static final String HEAD = "lm_head";
  private static final String EMBEDDING = "token_embd";
  private static final String TOKEN_TABLE = "per_layer_token_embd";

  /** The module of a block that is whatever sublayer the block has. */
  private static final String MIXER = "mixer";

  private static final String DECODER = "model.";
  private static final Map<String, String> EXPERT_PARTS =
      Map.of(
          "gate_proj", "ffn_gate_exps",
          "up_proj", "ffn_up_exps",
          "down_proj", "ffn_down_exps",
          "w1", "ffn_gate_exps",
          "w3", "ffn_up_exps",
          "w2", "ffn_down_exps");
  private static final Map<String, String> PARTS =
      Map.ofEntries(
          Map.entry("self_attn.q_proj", "attn_q"),
          Map.entry("self_attn.k_proj", "attn_k"),
          Map.entry("self_attn.v_proj", "attn_v"),
          Map.entry("self_attn.qkv_proj", "attn_qkv"),
          Map.entry("self_attn.o_proj", "attn_output"),
          Map.entry("self_attn.q_norm", "attn_q_norm"),
          Map.entry("self_attn.k_norm", "attn_k_norm"),
          Map.entry("mlp.gate_proj", "ffn_gate"),
          Map.entry("mlp.up_proj", "ffn_up"),
          // Gate above up, as llama.cpp splits it.
          Map.entry(FUSED, "ffn_up"),
          Map.entry("mlp.down_proj", "ffn_down"),
          Map.entry("mlp.gate", ROUTER),
          Map.entry("block_sparse_moe.gate", ROUTER),
          Map.entry("block_sparse_moe.router.layer", ROUTER),
          Map.entry("mlp.router", ROUTER),
          Map.entry("feed_forward.router", ROUTER),
          Map.entry("router.proj", ROUTER),
          Map.entry("post_feedforward_layernorm_1", "post_ffw_norm_1"),
          Map.entry("pre_feedforward_layernorm_2", "pre_ffw_norm_2"),
          Map.entry("post_feedforward_layernorm_2", "post_ffw_norm_2"),
          Map.entry("model.embed_tokens_per_layer", TOKEN_TABLE),
          Map.entry("model.per_layer_model_projection", "per_layer_model_proj"),
          Map.entry("model.per_layer_projection_norm", "per_layer_proj_norm"),
          Map.entry("per_layer_input_gate", "inp_gate"),
          Map.entry("per_layer_projection", "proj"),
          Map.entry("post_per_layer_input_norm", "post_norm"),
          Map.entry("feed_forward.gate_proj", "ffn_gate"),
          Map.entry("feed_forward.up_proj", "ffn_up"),
          Map.entry("feed_forward.down_proj", "ffn_down"),
          Map.entry("feed_forward.shared_expert.gate_proj", "ffn_gate_shexp"),
          Map.entry("feed_forward.shared_expert.up_proj", "ffn_up_shexp"),
          Map.entry("feed_forward.shared_expert.down_proj", "ffn_down_shexp"),
          Map.entry("mlp.shared_expert.gate_proj", "ffn_gate_shexp"),
          Map.entry("mlp.shared_expert.up_proj", "ffn_up_shexp"),
          Map.entry("mlp.shared_expert.down_proj", "ffn_down_shexp"),
          Map.entry("mlp.shared_expert_gate", "ffn_gate_inp_shexp"),
          Map.entry("mlp.shared_experts.gate_proj", "ffn_gate_shexp"),
          Map.entry("mlp.shared_experts.up_proj", "ffn_up_shexp"),
          Map.entry("mlp.shared_experts.down_proj", "ffn_down_shexp"),
          Map.entry("self_attn.q_a_proj", "attn_q_a"),
          Map.entry("self_attn.q_a_layernorm", "attn_q_a_norm"),
          Map.entry("self_attn.q_b_proj", "attn_q_b"),
          Map.entry("self_attn.kv_a_proj_with_mqa", "attn_kv_a_mqa"),
          Map.entry("self_attn.kv_a_layernorm", "attn_kv_a_norm"),
          Map.entry("self_attn.kv_b_proj", "attn_kv_b"),
          Map.entry("model.embed_tokens", EMBEDDING),
          Map.entry("mamba.in_proj", "ssm_in"),
          Map.entry("mamba.conv1d", CONVOLUTION),
          Map.entry("mamba.norm", RECURRENT_NORM),
          Map.entry("mamba.out_proj", "ssm_out"),
          Map.entry("linear_attn.in_proj_ba", "ssm_ba"),
          Map.entry("linear_attn.in_proj_qkv", "attn_qkv"),
          Map.entry("linear_attn.in_proj_z", "attn_gate"),
          Map.entry("linear_attn.in_proj_b", "ssm_beta"),
          Map.entry("linear_attn.in_proj_a", "ssm_alpha"),
          Map.entry("linear_attn.conv1d", CONVOLUTION),
          Map.entry("linear_attn.norm", RECURRENT_NORM),
          Map.entry("linear_attn.out_proj", "ssm_out"),
          Map.entry("model.embeddings", EMBEDDING),
          Map.entry("mixer.q_proj", "attn_q"),
          Map.entry("mixer.k_proj", "attn_k"),
          Map.entry("mixer.v_proj", "attn_v"),
          Map.entry("mixer.o_proj", "attn_output"),
          Map.entry("mixer.up_proj", "ffn_up"),
          Map.entry("mixer.down_proj", "ffn_down"),
          Map.entry("mixer.gate", ROUTER),
          Map.entry("mixer.shared_experts.up_proj", "ffn_up_shexp"),
          Map.entry("mixer.shared_experts.down_proj", "ffn_down_shexp"),
          Map.entry("mixer.in_proj", "ssm_in"),
          Map.entry("mixer.conv1d", CONVOLUTION),
          Map.entry("mixer.norm", RECURRENT_NORM),
          Map.entry("mixer.out_proj", "ssm_out"),
          Map.entry(HEAD, "output"));

  /** Tensors of a block that are no module's weight or bias. */
  private static final Map<String, String> BARE =
      Map.ofEntries(
          // As llama.cpp looks for it in falcon-h1.
          Map.entry("pre_ff_layernorm.weight", "ffn_norm"),
          Map.entry("self_attn.sinks", "attn_sinks.weight"),
          Map.entry("layer_scalar", "layer_output_scale.weight"),
          Map.entry("router.scale", "ffn_gate_inp.scale"),
          Map.entry("router.per_expert_scale", "ffn_down_exps.scale"),
          Map.entry("mlp.gate.e_score_correction_bias", "exp_probs_b.bias"),
          Map.entry("mamba.A_log", DECAY),
          Map.entry("mamba.D", SKIP),
          Map.entry("mamba.dt_bias", "ssm_dt.bias"),
          Map.entry("linear_attn.A_log", DECAY),
          Map.entry("linear_attn.dt_bias", "ssm_dt.bias"),
          Map.entry("mixer.gate.e_score_correction_bias", "exp_probs_b.bias"),
          Map.entry("mixer.A_log", DECAY),
          Map.entry("mixer.D", SKIP),
          Map.entry("mixer.dt_bias", "ssm_dt.bias"));

  /** Modules and tensors of Gemma 4 alone, whose parts no other file has. */
  private static final Set<String> OF_GEMMA4 =
      Set.of(
          "router.proj",
          "router.scale",
          "router.per_expert_scale",
          "layer_scalar",
          "post_feedforward_layernorm_1",
          "pre_feedforward_layernorm_2",
          "post_feedforward_layernorm_2",
          "model.embed_tokens_per_layer",
          "model.per_layer_model_projection",
          "model.per_layer_projection_norm",
          "per_layer_input_gate",
          "per_layer_projection",
          "post_per_layer_input_norm");

  /** Layers whose rows lie in two tensors of the file, in their order there. */
  private static final Map<String, List<String>> SPLIT =
      Map.of(
          "shared_mlp.input_linear", List.of("ffn_gate", "ffn_up"),
          "linear_attn.in_proj_qkvz", List.of("attn_qkv", "attn_gate"));

  /** Layers of {@link #SPLIT} that older files have in one tensor. */
  private static final Map<String, String> WHOLE = Map.of("linear_attn.in_proj_qkvz", "ssm_in");

  private final TensorNames names;
  private final Map<String, String> parts;
  private final Map<String, List<String>> split;
  private final int experts;

  private GgufNames(TensorNames names, int experts) {
    this.names = names;
    this.parts = new HashMap<>(PARTS);
    this.split = new HashMap<>(SPLIT);
    this.experts = experts;
    // One layer alone is that of the block; beside experts it is the one that all tokens see.
    String suffix = experts > 0 ? SHARED : "";
    split.computeIfPresent(
        "shared_mlp.input_linear", (_, both) -> both.stream().map(part -> part + suffix).toList());
    parts.put("shared_mlp.output_linear", "ffn_down" + suffix);
  }

  /**
   * The names of the linear layers of any model, whatever its architecture.
   *
   * @param names that its tensors have in the checkpoint
   * @param experts of a block
   */
  public static GgufNames ofLayers(TensorNames names, int experts) {
    return new GgufNames(names, experts);
  }

  /** The names of a model's tensors. */
  public static GgufNames of(ModelConfig config) {
    GgufNames all =
        new GgufNames(config.names(), config.experts().map(ExpertConfig::count).orElse(0));
    Architecture architecture = config.architecture();
    BlockNorms norms = architecture.norms();
    all.put(norms.attention().before(), "attn_norm");
    all.put(norms.attention().after(), "post_attention_norm");
    all.put(norms.mlp().before(), GgufArchitecture.of(config).feedForwardNorm());
    all.put(norms.mlp().after(), "post_ffw_norm");
    all.put(Optional.of(DECODER + architecture.finalNorm()), FINAL_NORM);
    return all;
  }

  private void put(Optional<String> module, String part) {
    // One before both steps is called as that of the first.
    module.ifPresent(name -> parts.putIfAbsent(name, part));
  }

  /** Where a tensor of the checkpoint lies in the file; of one in several parts the first. */
  public GgufPlace place(String source) {
    return places(source).getFirst();
  }

  /** Where the parts of a tensor of the checkpoint lie in the file; most have one. */
  public List<GgufPlace> places(String source) {
    String rest = names.alone(source);
    Matcher bare = BLOCK.matcher(rest);
    if (bare.matches() && BARE.containsKey(bare.group(2))) {
      return whole("blk." + bare.group(1) + "." + BARE.get(bare.group(2)));
    }
    int end = rest.lastIndexOf('.');
    String module = rest.substring(0, end);
    String kind = rest.substring(end);
    Matcher block = BLOCK.matcher(module);
    if (!block.matches()) {
      return whole(name(parts, module, source) + kind);
    }
    String before = "blk." + block.group(1) + ".";
    Matcher expert = EXPERT.matcher(block.group(2));
    if (expert.matches()) {
      String part = name(EXPERT_PARTS, expert.group(2), source);
      int index = Integer.parseInt(expert.group(1));
      return List.of(new GgufPlace(before + part + kind, index, experts));
    }
    List<String> several = split.get(block.group(2));
    return several == null
        ? whole(before + name(parts, block.group(2), source) + kind)
        : several.stream().map(part -> GgufPlace.whole(before + part + kind)).toList();
  }

  private static List<GgufPlace> whole(String tensor) {
    return List.of(GgufPlace.whole(tensor));
  }

  /**
   * The checkpoint's tensor that a tensor of the file is, or a part of; for one of slices the
   * first, of expert 0. Empty for those that no checkpoint has.
   *
   * @param architecture whose modules have these names
   */
  public Optional<String> source(String tensor, Architecture architecture) {
    Optional<String> bare = bare(tensor, architecture);
    if (bare.isPresent()) {
      return bare;
    }
    int end = tensor.lastIndexOf('.');
    Matcher stored = STORED.matcher(end < 0 ? tensor : tensor.substring(0, end));
    if (end < 0 || !stored.matches()) {
      return Optional.empty();
    }
    boolean within = stored.group(1) != null;
    return modules(stored.group(2), architecture)
        .filter(module -> within != isOutside(module))
        .map(module -> (within ? names.block(Integer.parseInt(stored.group(1))) : "") + module)
        .map(module -> within ? module : outside(module))
        .map(module -> module + tensor.substring(end));
  }

  /**
   * The checkpoint's tensor that a tensor of a block is, which is no module's weight or bias there;
   * empty where it is one's.
   *
   * @param architecture whose tensors have these names
   */
  public Optional<String> bare(String tensor, Architecture architecture) {
    Matcher inBlock = STORED_BLOCK.matcher(tensor);
    if (!inBlock.matches()) {
      return Optional.empty();
    }
    String block = names.block(Integer.parseInt(inBlock.group(1)));
    return BARE.entrySet().stream()
        .filter(entry -> entry.getValue().equals(inBlock.group(2)))
        .filter(entry -> isOf(architecture, entry.getKey()))
        .map(entry -> block + entry.getKey())
        .findFirst();
  }

  /** The names of experts after the first, by that of the first. */
  public static String ofExpert(String first, int expert) {
    return first.replace(FIRST_EXPERT, ".experts." + expert + ".");
  }

  private Optional<String> modules(String part, Architecture architecture) {
    Optional<ExpertNames> experts = architecture.experts().map(ExpertRule::names);
    if (part.endsWith("_exps")) {
      return experts.flatMap(
          own ->
              Stream.of(own.gate(), own.up(), own.down())
                  .filter(name -> part.equals(EXPERT_PARTS.get(name)))
                  .map(name -> own.expert(0) + name)
                  .findFirst());
    }
    if (part.equals(ROUTER)) {
      return experts.map(own -> own.prefix() + own.routerModule());
    }
    if (part.endsWith(SHARED) && !part.equals("ffn_gate_inp_shexp")) {
      return experts.flatMap(
          own -> named(part).filter(module -> module.startsWith(own.sharedExpert())).findFirst());
    }
    return named(part)
        .filter(module -> isOf(architecture, module))
        .filter(module -> !GATED.contains(part) || isGated(architecture, module))
        .filter(
            module ->
                !FEED_FORWARD.contains(part) || module.startsWith(architecture.feedForward() + "."))
        .findFirst();
  }

  /** The modules that have a part of the file, or lie in it among others. */
  private Stream<String> named(String part) {
    return Stream.of(
            parts.entrySet().stream().filter(entry -> entry.getValue().equals(part)),
            split.entrySet().stream().filter(entry -> entry.getValue().contains(part)),
            WHOLE.entrySet().stream().filter(entry -> entry.getValue().equals(part)))
        .flatMap(entries -> entries)
        .map(Map.Entry::getKey);
  }

  private static boolean isGated(Architecture architecture, String module) {
    String last = module.substring(module.lastIndexOf('.') + 1);
    return architecture.projections().gated().contains(last);
  }

  /** Whether an architecture has a module, of those that not all have under one name. */
  private static boolean isOf(Architecture architecture, String module) {
    if (OF_GEMMA4.contains(module)) {
      return GgufArchitecture.of(architecture).isGemma4();
    }
    if (isOutside(module)) {
      return !EMBEDDING.equals(PARTS.get(module))
          || module.equals(DECODER + architecture.names().embeddings());
    }
    boolean mixed = architecture.attention().equals(MIXER);
    if (module.contains(".") && module.startsWith(MIXER + ".") != mixed) {
      return false;
    }
    String parent = module.substring(0, Math.max(0, module.lastIndexOf('.')));
    if (parent.equals("mamba") || parent.equals("linear_attn")) {
      return architecture.recurrence().filter(rule -> isOf(rule, parent, module)).isPresent();
    }
    String last = module.substring(module.lastIndexOf('.') + 1);
    return !module.equals("self_attn.qkv_proj")
        || architecture.projections().attention().contains(last);
  }

  private static boolean isOf(RecurrenceRule rule, String parent, String module) {
    boolean together = module.endsWith(".in_proj_qkvz") || module.endsWith(".in_proj_ba");
    return rule.module().equals(parent)
        && switch (rule) {
          case RecurrenceRule.Mamba2 _ -> true;
          case RecurrenceRule.GatedDelta delta ->
              !module.contains(".in_proj") || delta.interleaved() == together;
        };
  }

  private static boolean isOutside(String module) {
    return module.equals(HEAD) || module.startsWith(DECODER);
  }

  private String outside(String module) {
    return module.equals(HEAD)
        ? names.head()
        : names.decoder() + module.substring(DECODER.length());
  }

  private static String name(Map<String, String> names, String module, String source) {
    String name = names.get(module);
    if (name == null) {
      throw new AwpException("tensor " + source + " has no name in GGUF");
    }
    return name;
  }
}
