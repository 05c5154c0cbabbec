// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Which norms a block has, and what their stored weights mean. */
public enum BlockNorms {
  /** Before each of the two steps, x / rms(x) * w, as LLaMA has it. */
  BEFORE(0, "input_layernorm", Optional.empty(), "post_attention_layernorm", Optional.empty()),

  /** Before and behind each step, x / rms(x) * (1 + w), as Gemma has it. */
  BEFORE_AND_AFTER(
      1,
      "input_layernorm",
      Optional.of("post_attention_layernorm"),
      "pre_feedforward_layernorm",
      Optional.of("post_feedforward_layernorm"));

  private final float offset;
  private final String beforeAttention;
  private final Optional<String> afterAttention;
  private final String beforeMlp;
  private final Optional<String> afterMlp;

  BlockNorms(
      float offset,
      String beforeAttention,
      Optional<String> afterAttention,
      String beforeMlp,
      Optional<String> afterMlp) {
    this.offset = offset;
    this.beforeAttention = beforeAttention;
    this.afterAttention = afterAttention;
    this.beforeMlp = beforeMlp;
    this.afterMlp = afterMlp;
  }

  /** What is added to the stored weights of all norms. */
  public float offset() {
    return offset;
  }

  public String beforeAttention() {
    return beforeAttention;
  }

  public Optional<String> afterAttention() {
    return afterAttention;
  }

  public String beforeMlp() {
    return beforeMlp;
  }

  public Optional<String> afterMlp() {
    return afterMlp;
  }

  /** The modules of all norms of a block's hidden states. */
  public List<String> modules() {
    return Stream.of(Optional.of(beforeAttention), afterAttention, Optional.of(beforeMlp), afterMlp)
        .flatMap(Optional::stream)
        .toList();
  }
}
