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
 * @param part which of the step's activations
 * @param expert index of the expert, or {@link #NO_EXPERT}
 */
public record InputSite(Part part, int expert) implements Comparable<InputSite> {
  /** The expert of a site that belongs to none. */
  public static final int NO_EXPERT = -1;

  /** Tokens, one at a time: feed the embedding. */
  public static final InputSite TOKENS = new InputSite(Part.TOKENS, NO_EXPERT);

  /** Normed block input: feeds q_proj, k_proj and v_proj. */
  public static final InputSite ATTENTION_INPUT = new InputSite(Part.ATTENTION_INPUT, NO_EXPERT);

  /** Normed vector of keys and values in latent attention: feeds kv_b_proj. */
  public static final InputSite KEY_VALUE_LATENT = new InputSite(Part.KEY_VALUE_LATENT, NO_EXPERT);

  /** Normed vector of queries in latent attention: feeds q_b_proj. */
  public static final InputSite QUERY_LATENT = new InputSite(Part.QUERY_LATENT, NO_EXPERT);

  /** Concatenated heads: feeds o_proj. */
  public static final InputSite ATTENTION_OUTPUT = new InputSite(Part.ATTENTION_OUTPUT, NO_EXPERT);

  /** Normed block input: feeds the projections of a recurrence. */
  public static final InputSite RECURRENCE_INPUT = new InputSite(Part.RECURRENCE_INPUT, NO_EXPERT);

  /** What the heads of a recurrence give, gated: feeds its out_proj. */
  public static final InputSite RECURRENCE_OUTPUT =
      new InputSite(Part.RECURRENCE_OUTPUT, NO_EXPERT);

  /**
   * Normed attention output: feeds gate_proj and up_proj, in a mixture those of the shared expert.
   */
  public static final InputSite MLP_INPUT = new InputSite(Part.MLP_INPUT, NO_EXPERT);

  /** Gated activations: feeds down_proj, in a mixture that of the shared expert. */
  public static final InputSite MLP_OUTPUT = new InputSite(Part.MLP_OUTPUT, NO_EXPERT);

  /** Hidden states behind the feed-forward layer: feed the gates of the token's vector. */
  public static final InputSite PER_LAYER_INPUT = new InputSite(Part.PER_LAYER_INPUT, NO_EXPERT);

  /** Gated vectors of tokens: feed their projection. */
  public static final InputSite PER_LAYER_OUTPUT = new InputSite(Part.PER_LAYER_OUTPUT, NO_EXPERT);

  /** Normed output of the last block: feeds lm_head. */
  public static final InputSite HEAD_INPUT = new InputSite(Part.HEAD_INPUT, NO_EXPERT);

  private static final Comparator<InputSite> FLOW =
      Comparator.comparingInt(InputSite::expert).thenComparing(InputSite::part);

  /**
   * An activation of a step that feeds linear layers.
   *
   * @param name as saved moments have it
   * @param ofExpert whether every expert of a mixture has one of its own
   * @param elementwise whether its values are made one by one of those at the same place that the
   *     layers of the site before deliver, and zeros of zeros
   * @param next the part whose values are made of what the layers of this one deliver
   */
  public record Part(
      Step step, String name, boolean ofExpert, boolean elementwise, Optional<Part> next)
      implements Comparable<Part> {
    public static final Part TOKENS =
        new Part(Step.EMBEDDING, "tokens", false, false, Optional.empty());
    public static final Part ATTENTION_OUTPUT =
        new Part(Step.ATTENTION, "attention_output", false, false, Optional.empty());
    public static final Part ATTENTION_INPUT = ATTENTION_OUTPUT.fedBy("attention_input");
    public static final Part KEY_VALUE_LATENT = ATTENTION_OUTPUT.fedBy("key_value_latent");
    public static final Part QUERY_LATENT = ATTENTION_OUTPUT.fedBy("query_latent");
    public static final Part RECURRENCE_OUTPUT =
        new Part(Step.RECURRENCE, "recurrence_output", false, false, Optional.empty());
    public static final Part RECURRENCE_INPUT = RECURRENCE_OUTPUT.fedBy("recurrence_input");
    public static final Part MLP_OUTPUT =
        new Part(Step.MLP, "mlp_output", false, true, Optional.empty());
    public static final Part MLP_INPUT = MLP_OUTPUT.fedBy("mlp_input");
    public static final Part EXPERT_OUTPUT =
        new Part(Step.MLP, "expert_output", true, true, Optional.empty());
    public static final Part EXPERT_INPUT = EXPERT_OUTPUT.fedBy("expert_input");
    public static final Part PER_LAYER_OUTPUT =
        new Part(Step.PER_LAYER, "per_layer_output", false, false, Optional.empty());
    public static final Part PER_LAYER_INPUT = PER_LAYER_OUTPUT.fedBy("per_layer_input");
    public static final Part HEAD_INPUT =
        new Part(Step.HEAD, "head_input", false, false, Optional.empty());

    private static final Comparator<Part> FLOW =
        Comparator.comparing(Part::step)
            .thenComparing(Comparator.comparingInt(Part::behind).reversed())
            .thenComparing(Part::name);

    /** The part before this one in its step. */
    private Part fedBy(String before) {
      return new Part(step, before, ofExpert, false, Optional.of(this));
    }

    /** How many parts come after this one. */
    private int behind() {
      return next.map(part -> part.behind() + 1).orElse(0);
    }

    @Override
    public int compareTo(Part other) {
      return FLOW.compare(this, other);
    }

    @Override
    public String toString() {
      return name;
    }
  }

  public InputSite {
    if (part.ofExpert() ? expert < 0 : expert != NO_EXPERT) {
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
    return part.ofExpert();
  }

  /** The step that the site is in. */
  public Step step() {
    return part.step();
  }

  /** The site whose values are made of what the layers of this one deliver, in the same step. */
  public Optional<InputSite> next() {
    return part.next().map(following -> new InputSite(following, expert));
  }

  @Override
  public int compareTo(InputSite other) {
    return FLOW.compare(this, other);
  }
}
