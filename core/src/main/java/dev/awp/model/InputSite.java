// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model;

import java.util.Comparator;
import java.util.Optional;

/**
 * A place whose values feed linear layers: of a decoder block, or behind the last one. Every expert
 * of a mixture has two of its own, for it sees only the tokens that the router sends to it. Sites
 * are ordered as data flows through them, the experts one after the other behind the rest.
 *
 * @param part which of the block's activations
 * @param expert index of the expert, or {@link #NO_EXPERT}
 */
public record InputSite(Part part, int expert) implements Comparable<InputSite> {
  /** The expert of a site that belongs to none. */
  public static final int NO_EXPERT = -1;

  /** Normed block input: feeds q_proj, k_proj and v_proj. */
  public static final InputSite ATTENTION_INPUT = new InputSite(Part.ATTENTION_INPUT, NO_EXPERT);

  /** Concatenated heads: feeds o_proj. */
  public static final InputSite ATTENTION_OUTPUT = new InputSite(Part.ATTENTION_OUTPUT, NO_EXPERT);

  /**
   * Normed attention output: feeds gate_proj and up_proj, in a mixture those of the shared expert.
   */
  public static final InputSite MLP_INPUT = new InputSite(Part.MLP_INPUT, NO_EXPERT);

  /** Gated activations: feeds down_proj, in a mixture that of the shared expert. */
  public static final InputSite MLP_OUTPUT = new InputSite(Part.MLP_OUTPUT, NO_EXPERT);

  /** Normed output of the last block: feeds lm_head. */
  public static final InputSite HEAD_INPUT = new InputSite(Part.HEAD_INPUT, NO_EXPERT);

  private static final Comparator<InputSite> FLOW =
      Comparator.comparingInt(InputSite::expert).thenComparing(InputSite::part);

  /** The activations of a block that feed linear layers. */
  public enum Part {
    ATTENTION_INPUT(Step.ATTENTION),
    ATTENTION_OUTPUT(Step.ATTENTION),
    MLP_INPUT(Step.MLP),
    MLP_OUTPUT(Step.MLP),
    EXPERT_INPUT(Step.MLP),
    EXPERT_OUTPUT(Step.MLP),
    HEAD_INPUT(Step.HEAD);

    private final Step step;

    Part(Step step) {
      this.step = step;
    }

    /** The step that the site is in. */
    public Step step() {
      return step;
    }
  }

  public InputSite {
    boolean ofExpert = part == Part.EXPERT_INPUT || part == Part.EXPERT_OUTPUT;
    if (ofExpert ? expert < 0 : expert != NO_EXPERT) {
      throw new IllegalArgumentException(part + " of expert " + expert);
    }
  }

  /** Normed attention output of the tokens that are sent to an expert: feeds its gate and up. */
  public static InputSite expertInput(int expert) {
    return new InputSite(Part.EXPERT_INPUT, expert);
  }

  /** Gated activations of an expert: feeds its down projection. */
  public static InputSite expertOutput(int expert) {
    return new InputSite(Part.EXPERT_OUTPUT, expert);
  }

  /** Whether only the tokens of one expert come by. */
  public boolean ofExpert() {
    return expert != NO_EXPERT;
  }

  /** The site whose values are made of what the layers of this one deliver, in the same step. */
  public Optional<InputSite> next() {
    return switch (part) {
      case ATTENTION_INPUT -> Optional.of(ATTENTION_OUTPUT);
      case MLP_INPUT -> Optional.of(MLP_OUTPUT);
      case EXPERT_INPUT -> Optional.of(expertOutput(expert));
      case ATTENTION_OUTPUT, MLP_OUTPUT, EXPERT_OUTPUT, HEAD_INPUT -> Optional.empty();
    };
  }

  @Override
  public int compareTo(InputSite other) {
    return FLOW.compare(this, other);
  }
}
