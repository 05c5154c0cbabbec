// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Which norms a block has, and what their stored weights mean. */
enum BlockNorms {
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
  float offset() {
    return offset;
  }

  String beforeAttention() {
    return beforeAttention;
  }

  Optional<String> afterAttention() {
    return afterAttention;
  }

  String beforeMlp() {
    return beforeMlp;
  }

  Optional<String> afterMlp() {
    return afterMlp;
  }

  /** The modules of all norms of a block's hidden states. */
  List<String> modules() {
    return Stream.of(Optional.of(beforeAttention), afterAttention, Optional.of(beforeMlp), afterMlp)
        .flatMap(Optional::stream)
        .toList();
  }
}
