// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config;

import java.util.Optional;

/**
 * Which norms a block has, and what their stored weights mean.
 *
 * @param kind of all norms of the model
 * @param offset what is added to the stored weights of all of them
 * @param attention of the step that mixes tokens
 * @param mlp of the feed-forward layer, or of the mixture of experts in its place
 */
public record BlockNorms(NormKind kind, float offset, StepNorms attention, StepNorms mlp) {
  /** Before each of the two steps, x / rms(x) * w, as LLaMA has it. */
  public static final BlockNorms BEFORE =
      new BlockNorms(
          NormKind.RMS,
          0,
          StepNorms.before("input_layernorm"),
          StepNorms.before("post_attention_layernorm"));

  /** One norm before both steps, which see the same hidden states, as Cohere has it. */
  public static final BlockNorms SHARED =
      new BlockNorms(
          NormKind.LAYER,
          0,
          StepNorms.before("input_layernorm"),
          StepNorms.before("input_layernorm"));

  /** The same norms, whose stored weights are so much too small. */
  public BlockNorms withOffset(float value) {
    return new BlockNorms(kind, value, attention, mlp);
  }

  /** Behind each step alone, x / rms(x) * w, as OLMo 2 has it. */
  public static final BlockNorms AFTER =
      new BlockNorms(
          NormKind.RMS,
          0,
          StepNorms.after("post_attention_layernorm"),
          StepNorms.after("post_feedforward_layernorm"));

  /** Before and behind each step, x / rms(x) * (1 + w), as Gemma 2 has it. */
  public static final BlockNorms BEFORE_AND_AFTER =
      new BlockNorms(
          NormKind.RMS,
          1,
          new StepNorms(Optional.of("input_layernorm"), Optional.of("post_attention_layernorm")),
          new StepNorms(
              Optional.of("pre_feedforward_layernorm"), Optional.of("post_feedforward_layernorm")));
}
