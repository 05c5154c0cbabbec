// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli.print;

import dev.awp.report.DivergenceReport;
import dev.awp.report.Estimate;
import dev.awp.report.EvaluationReport;
import java.io.PrintWriter;
import java.util.Locale;

/** Figures of a model on texts and questions, a few lines each. */
public final class EvaluationTable {
  private EvaluationTable() {}

  public static void print(EvaluationReport.Text text, PrintWriter out) {
    out.printf(
        Locale.ROOT,
        "%s: perplexity %s, %s windows of %s tokens, text of %s tokens%n",
        text.file(),
        estimate("%.4f", text.perplexity()),
        text.windows(),
        text.sequenceLength(),
        text.tokens());
    text.compared()
        .ifPresent(
            compared -> {
              out.printf("  reference: perplexity %s%n", estimate("%.4f", compared.perplexity()));
              print(compared.divergence(), out);
            });
  }

  public static void print(EvaluationReport.Choices choices, PrintWriter out) {
    out.printf(
        "%s: %s questions, read as %s: %s%n",
        choices.file(), choices.questions(), choices.kind(), words(choices.model()));
    choices.reference().ifPresent(answers -> out.printf("  reference: %s%n", words(answers)));
  }

  private static String words(EvaluationReport.Answers answers) {
    return "accuracy %s, length-normalised %s"
        .formatted(
            percent("%.2f", answers.accuracy()), percent("%.2f", answers.normalizedAccuracy()));
  }

  /** The divergence from a reference, in two lines. */
  static void print(DivergenceReport divergence, PrintWriter out) {
    out.printf(
        Locale.ROOT,
        "  KL divergence %s (median %.5f, 99 %% %.4f, max %.3f)%n"
            + "  same top token %s, perplexity ratio %s, RMS change of p %s%n",
        estimate("%.5f", divergence.divergence()),
        divergence.median(),
        divergence.percentile99(),
        divergence.maximum(),
        percent("%.2f", divergence.sameTop()),
        estimate("%.5f", divergence.perplexityRatio()),
        percent("%.3f", divergence.probabilityChange()));
  }

  private static String estimate(String format, Estimate estimate) {
    return String.format(
        Locale.ROOT, format + " +/- " + format, estimate.value(), estimate.standardError());
  }

  private static String percent(String format, Estimate estimate) {
    return estimate(format, estimate.times(100)) + " %";
  }
}
