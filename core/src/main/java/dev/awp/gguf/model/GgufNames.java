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
import dev.awp.config.TensorNames;
import dev.awp.gguf.file.GgufPlace;
import java.util.HashMap;
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
      Pattern.compile("(?:mlp|block_sparse_moe|feed_forward)\\.experts\\.(\\d+)\\.(\\w+)");
  private static final Pattern STORED = Pattern.compile("(?:blk\\.(\\d{1,5})\\.)?(\\w+)");

  /** What names of the first expert hold. */
  public static final String FIRST_EXPERT = ".experts.0.";

  private static final String ROUTER = "ffn_gate_inp";
  private static final String FUSED = "mlp.gate_up_proj";
  private static final Set<String> FEED_FORWARD = Set.of("ffn_gate", "ffn_up", "ffn_down");
  private static final String HEAD = "lm_head";
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
          Map.entry("model.embed_tokens", "token_embd"),
          Map.entry("model.norm", "output_norm"),
          Map.entry(HEAD, "output"));

  /** Tensors of a block that are no module's weight or bias. */
  private static final Map<String, String> BARE =
      Map.of(
          "self_attn.sinks", "attn_sinks.weight",
          "mlp.gate.e_score_correction_bias", "exp_probs_b.bias");

  private final TensorNames names;
  private final Map<String, String> parts;
  private final int experts;

  /**
   * The names of a model's tensors.
   *
   * @param names that its tensors have in the checkpoint
   * @param norms of a block
   * @param feedForwardNorm what the norm before the second step is called
   * @param experts of a block
   */
  public GgufNames(TensorNames names, BlockNorms norms, String feedForwardNorm, int experts) {
    this.names = names;
    this.parts = new HashMap<>(PARTS);
    put(norms.attention().before(), "attn_norm");
    put(norms.attention().after(), "post_attention_norm");
    put(norms.mlp().before(), feedForwardNorm);
    put(norms.mlp().after(), "post_ffw_norm");
    this.experts = experts;
  }

  /** The names of a model's tensors. */
  public static GgufNames of(ModelConfig config) {
    return new GgufNames(
        config.names(),
        config.architecture().norms(),
        GgufArchitecture.of(config.architecture()).feedForwardNorm(),
        config.experts().map(ExpertConfig::count).orElse(0));
  }

  private void put(Optional<String> module, String part) {
    // One before both steps is called as that of the first.
    module.ifPresent(name -> parts.putIfAbsent(name, part));
  }

  /** Where a tensor of the checkpoint lies in the file. */
  public GgufPlace place(String source) {
    String rest = names.alone(source);
    Matcher bare = BLOCK.matcher(rest);
    if (bare.matches() && BARE.containsKey(bare.group(2))) {
      return GgufPlace.whole("blk." + bare.group(1) + "." + BARE.get(bare.group(2)));
    }
    int end = rest.lastIndexOf('.');
    String module = rest.substring(0, end);
    String kind = rest.substring(end);
    Matcher block = BLOCK.matcher(module);
    if (!block.matches()) {
      return GgufPlace.whole(name(parts, module, source) + kind);
    }
    String before = "blk." + block.group(1) + ".";
    Matcher expert = EXPERT.matcher(block.group(2));
    if (!expert.matches()) {
      return GgufPlace.whole(before + name(parts, block.group(2), source) + kind);
    }
    String part = name(EXPERT_PARTS, expert.group(2), source);
    return new GgufPlace(before + part + kind, Integer.parseInt(expert.group(1)), experts);
  }

  /**
   * The checkpoint's tensor that a tensor of the file is; for one of slices the first, of expert 0.
   * Empty for those that no checkpoint has.
   *
   * @param architecture whose modules have these names
   */
  public Optional<String> source(String tensor, Architecture architecture) {
    int end = tensor.lastIndexOf('.');
    Matcher stored = STORED.matcher(end < 0 ? tensor : tensor.substring(0, end));
    if (end < 0 || !stored.matches()) {
      return Optional.empty();
    }
    boolean inBlock = stored.group(1) != null;
    Optional<String> bare =
        BARE.entrySet().stream()
            .filter(_ -> inBlock)
            .filter(entry -> tensor.equals("blk." + stored.group(1) + "." + entry.getValue()))
            .map(entry -> names.block(Integer.parseInt(stored.group(1))) + entry.getKey())
            .findFirst();
    if (bare.isPresent()) {
      return bare;
    }
    return modules(stored.group(2), architecture)
        .filter(module -> inBlock != isOutside(module))
        .map(module -> (inBlock ? names.block(Integer.parseInt(stored.group(1))) : "") + module)
        .map(module -> inBlock ? module : outside(module))
        .map(module -> module + tensor.substring(end));
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
                  .map(name -> own.module() + FIRST_EXPERT + name)
                  .findFirst());
    }
    if (part.equals(ROUTER)) {
      return experts.map(own -> own.module() + "." + own.routerModule());
    }
    if (part.endsWith("_shexp") && !part.equals("ffn_gate_inp_shexp")) {
      return experts.flatMap(
          own ->
              parts.entrySet().stream()
                  .filter(entry -> entry.getValue().equals(part))
                  .map(Map.Entry::getKey)
                  .filter(module -> module.startsWith(own.sharedExpert()))
                  .findFirst());
    }
    boolean fused = architecture.projections().gated().size() == 1;
    return parts.entrySet().stream()
        .filter(entry -> entry.getValue().equals(part))
        .map(Map.Entry::getKey)
        .filter(module -> !part.equals("ffn_up") || module.equals(FUSED) == fused)
        .filter(
            module ->
                !FEED_FORWARD.contains(part) || module.startsWith(architecture.feedForward() + "."))
        .findFirst();
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
