// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.report;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.Optional;

/**
 * What {@code awp eval --json} tells.
 *
 * @param awp version of the program
 * @param model name of the folder or file
 * @param reference of the model that it was compared with
 */
public record EvaluationReport(
    String awp, String model, Optional<String> reference, List<Text> texts, List<Choices> choices) {
  public EvaluationReport {
    requireNonNull(awp, "awp");
    requireNonNull(model, "model");
    texts = List.copyOf(texts);
    choices = List.copyOf(choices);
  }

  /**
   * One text.
   *
   * @param file its name
   * @param sequenceLength tokens in a window
   * @param windows number of non-overlapping windows
   * @param tokens of the text, the dropped rest included
   * @param loss mean negative log-likelihood of a predicted token, in nats
   * @param perplexity exp of the loss
   * @param compared where there is a reference
   */
  public record Text(
      String file,
      int sequenceLength,
      int windows,
      int tokens,
      Estimate loss,
      Estimate perplexity,
      Optional<Compared> compared) {}

  /**
   * A text's predictions beside those of the reference.
   *
   * @param perplexity of the reference
   */
  public record Compared(Estimate perplexity, DivergenceReport divergence) {}

  /**
   * One file of multiple-choice questions.
   *
   * @param file its name
   * @param kind what its questions were read as
   * @param questions how many there are
   * @param reference what the reference answers
   */
  public record Choices(
      String file, String kind, int questions, Answers model, Optional<Answers> reference) {}

  /**
   * How many questions a model answers right, between 0 and 1.
   *
   * @param accuracy by the choice of the largest log-likelihood, the first of equals
   * @param normalizedAccuracy the same with log-likelihoods divided by the choices' lengths in
   *     characters
   * @param cut choices whose contexts were cut from the left to fit into the model's positions
   * @param logLikelihoods of the choices, question by question, in nats
   */
  public record Answers(
      Estimate accuracy, Estimate normalizedAccuracy, int cut, List<List<Double>> logLikelihoods) {
    public Answers {
      logLikelihoods = List.copyOf(logLikelihoods);
    }
  }
}
