// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config;

/**
 * How a router chooses the experts of a token, and what their outputs are multiplied by.
 *
 * @param scoring what makes scores of the router's outputs
 * @param corrected whether a stored number is added to each score for the choice alone
 * @param groups of experts, each as many, of which some are chosen first; 1 where there are none
 * @param groupsPerToken groups that are chosen
 * @param groupScore what groups are chosen by
 * @param normalized whether the scores of a token's experts are made to add up to one
 * @param factor what they are multiplied by then
 * @param scalesInputs whether they multiply the inputs of experts, and not their outputs
 */
public record Routing(
    Scoring scoring,
    boolean corrected,
    int groups,
    int groupsPerToken,
    GroupScore groupScore,
    boolean normalized,
    float factor,
    boolean scalesInputs) {
  /** What makes scores of the router's outputs. */
  public enum Scoring {
    SOFTMAX,
    SIGMOID
  }

  /** What a group of experts is chosen by. */
  public enum GroupScore {
    /** Its largest score. */
    LARGEST,
    /** The sum of its two largest scores. */
    TWO_LARGEST
  }

  /** Softmax over all experts. */
  public static Routing softmax(boolean normalized) {
    return new Routing(Scoring.SOFTMAX, false, 1, 1, GroupScore.LARGEST, normalized, 1, false);
  }

  /** Sigmoids of all experts, which multiply the experts' inputs. */
  public static Routing sigmoidOfInputs() {
    return new Routing(Scoring.SIGMOID, false, 1, 1, GroupScore.LARGEST, false, 1, true);
  }
}
