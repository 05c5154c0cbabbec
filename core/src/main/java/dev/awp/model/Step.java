// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model;

import java.util.Comparator;

/**
 * A place on the way of the hidden states through a block, or behind the last one. What is computed
 * there, a {@link BlockStep} says for each block.
 *
 * @param place of the step among those of its block: the hidden states go through them in this
 *     order
 */
public record Step(String name, int place) implements Comparable<Step> {
  /** Before the first block: tokens become hidden states. */
  public static final Step EMBEDDING = new Step("embedding", -1);

  /** x + attention(norm(x)). */
  public static final Step ATTENTION = new Step("attention", 0);

  /** x + recurrence(norm(x)), in the place of attention or beside it. */
  public static final Step RECURRENCE = new Step("recurrence", 1);

  /** x + mlp(norm(x)), or a mixture of experts in the MLP's place. */
  public static final Step MLP = new Step("mlp", 2);

  /** x + projection(gate(x) * v), v the vector that the block has for the token. */
  public static final Step PER_LAYER = new Step("per_layer", 3);

  /** The norm behind the last block, whose output feeds the head. */
  public static final Step HEAD = new Step("head", Integer.MAX_VALUE);

  private static final Comparator<Step> FLOW =
      Comparator.comparingInt(Step::place).thenComparing(Step::name);

  @Override
  public int compareTo(Step other) {
    return FLOW.compare(this, other);
  }
}
