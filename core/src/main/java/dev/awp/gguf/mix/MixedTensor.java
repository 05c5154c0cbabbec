// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.mix;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A matrix of a model as the rules see it.
 *
 * @param block its block; 0 outside of blocks
 * @param ofExperts whether it holds a block's routed experts
 * @param shared whether it is of the expert for all tokens
 */
record MixedTensor(MixModel model, Role role, int block, boolean ofExperts, boolean shared) {
  private static final Pattern NAME = Pattern.compile("(?:blk\\.(\\d{1,5})\\.)?(\\w+)\\.weight");

  private static final int EIGHTH = 8;

  /** What a matrix is for. */
  enum Role {
    EMBEDDING,
    HEAD,
    QUERY,
    KEY,
    /** Values, alone or with queries and keys. */
    VALUE,
    OUTPUT,
    /** Gate, or up, or both. */
    INNER,
    DOWN,
    OTHER
  }

  /** A tensor by its name in the file; of no role where the name is none of a matrix. */
  static MixedTensor of(String name, MixModel model) {
    Matcher matcher = NAME.matcher(name);
    if (!matcher.matches()) {
      return new MixedTensor(model, Role.OTHER, 0, false, false);
    }
    int block = matcher.group(1) == null ? 0 : Integer.parseInt(matcher.group(1));
    String part = matcher.group(2);
    return new MixedTensor(
        model, role(part), block, part.endsWith("_exps"), part.endsWith("_shexp"));
  }

  private static Role role(String part) {
    return switch (part) {
      case "token_embd", "per_layer_token_embd" -> Role.EMBEDDING;
      case "output" -> Role.HEAD;
      case "attn_q" -> Role.QUERY;
      case "attn_k" -> Role.KEY;
      case "attn_v", "attn_qkv" -> Role.VALUE;
      case "attn_output" -> Role.OUTPUT;
      case "ffn_gate", "ffn_up", "ffn_gate_exps", "ffn_up_exps", "ffn_gate_shexp", "ffn_up_shexp" ->
          Role.INNER;
      case "ffn_down", "ffn_down_exps", "ffn_down_shexp" -> Role.DOWN;
      default -> Role.OTHER;
    };
  }

  /** Its place among the matrices of its kind; with experts rules count blocks. */
  int place() {
    return switch (role) {
      case VALUE -> index(model.valueBlocks());
      case INNER, DOWN -> model.experts() > 0 ? block : index(model.fedBlocks());
      default -> block;
    };
  }

  private int index(List<Integer> blocks) {
    return Math.max(0, blocks.indexOf(block));
  }

  /** What shares are of. */
  private int all() {
    return role == Role.VALUE ? model.valueBlocks().size() : model.blocks();
  }

  /** Whether it is among the first eighth (8), or another share. */
  boolean isEarly(int share) {
    return place() < all() / share;
  }

  /**
   * The same where matrices are counted one by one, as some rules do it: with two of them in a
   * block, among half as many blocks.
   */
  boolean isCountedEarly() {
    return index(model.fedBlocks()) * model.downs() + (shared ? 1 : 0) < model.blocks() / EIGHTH;
  }

  /** Whether it is in the first or the last eighth, or every third one between. */
  boolean isWorthMore() {
    int first = all() / EIGHTH;
    return place() < first || place() >= 7 * all() / EIGHTH || (place() - first) % 3 == 2;
  }

  /** Whether it is neither in the first nor in the last eighth. */
  boolean isInTheMiddle() {
    return place() >= all() / EIGHTH && place() < 7 * all() / EIGHTH;
  }
}
