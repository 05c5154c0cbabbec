// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.eval.choice;

import dev.awp.Progress;
import dev.awp.compute.Compute;
import dev.awp.eval.EvaluatedModel;
import dev.awp.eval.Sample;
import dev.awp.eval.question.Question;
import dev.awp.eval.question.QuestionFile;
import dev.awp.report.EvaluationReport;
import dev.awp.report.EvaluationReport.Answers;
import dev.awp.text.TextOptions;
import dev.awp.text.Windows;
import dev.awp.text.file.PipedTexts;
import dev.awp.text.file.TextFiles;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleBiFunction;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How many multiple-choice questions a model answers right: {@code awp eval --choices}.
 *
 * <pre>
 *   accuracy                    the share of questions whose answer is argmax of L
 *   length-normalised accuracy  ... argmax of L / characters of the choice
 *   L                           sum of log p(token | all before it) over the continuation's tokens
 * </pre>
 *
 * <p>as lm-eval's acc and acc_norm have it; of equal choices the first counts. The standard error
 * of a share a of n questions is sqrt(a (1 - a) / (n - 1)).
 *
 * @param asked whether a context begins with the token that the tokenizer puts before a text
 */
public record ChoiceEvaluation(TextOptions asked, Compute compute, Progress progress) {
  private static final Logger LOG = LoggerFactory.getLogger(ChoiceEvaluation.class);

  /**
   * Has the questions of a file answered.
   *
   * @param model a folder or file
   * @param reference that answers them too
   * @param most questions to take
   * @throws dev.awp.AwpException for a line that is no question, and a choice that cannot be scored
   */
  public EvaluationReport.Choices evaluate(
      Path model, Optional<Path> reference, Path file, int most) {
    try (PipedTexts pipes = new PipedTexts(progress)) {
      Path kept = pipes.keep(List.of(file)).getFirst();
      QuestionFile read = QuestionFile.read(kept, most);
      return new EvaluationReport.Choices(
          TextFiles.name(kept, kept),
          read.kind(),
          read.questions().size(),
          answers(model, kept, read.questions()),
          reference.map(other -> answers(other, kept, read.questions())));
    }
  }

  private Answers answers(Path model, Path file, List<Question> questions) {
    try (EvaluatedModel opened = EvaluatedModel.open(model, List.of(file), compute)) {
      List<EncodedChoice> encoded = encoded(opened, questions);
      int cut = (int) encoded.stream().filter(EncodedChoice::isCut).count();
      if (cut > 0) {
        LOG.warn(
            "{}: {} of {} choices are longer than the {} positions of the model: their contexts are"
                + " cut from the left",
            file,
            cut,
            encoded.size(),
            opened.positions());
      }
      double[] likelihoods =
          Likelihoods.of(
              opened.model(),
              encoded,
              (done, total) ->
                  progress.step(
                      "answering: %s, part %s of %s".formatted(file.getFileName(), done, total)));
      opened.check();
      return counted(questions, split(questions, likelihoods), cut);
    }
  }

  private List<EncodedChoice> encoded(EvaluatedModel model, List<Question> questions) {
    int[] begin = asked.windows() == Windows.MODEL ? model.tokenizer().begin() : new int[0];
    List<EncodedChoice> encoded = new ArrayList<>();
    for (Question question : questions) {
      for (Question.Choice choice : question.choices()) {
        encoded.add(
            EncodedChoice.of(
                choice, question.place(), model.tokenizer(), begin, model.positions()));
      }
    }
    return encoded;
  }

  /** By question. */
  private static List<double[]> split(List<Question> questions, double[] likelihoods) {
    List<double[]> split = new ArrayList<>();
    int at = 0;
    for (Question question : questions) {
      int end = at + question.choices().size();
      split.add(Arrays.copyOfRange(likelihoods, at, end));
      at = end;
    }
    return split;
  }

  private static Answers counted(List<Question> questions, List<double[]> likelihoods, int cut) {
    Sample plain = new Sample();
    Sample normalized = new Sample();
    for (int i = 0; i < questions.size(); i++) {
      Question question = questions.get(i);
      double[] sums = likelihoods.get(i);
      plain.add(hit(question, sums, (sum, choice) -> sum), 1);
      normalized.add(hit(question, sums, (sum, choice) -> sum / choice.length()), 1);
    }
    return new Answers(
        plain.mean(),
        normalized.mean(),
        cut,
        likelihoods.stream().map(sums -> Arrays.stream(sums).boxed().toList()).toList());
  }

  private static double hit(
      Question question, double[] sums, ToDoubleBiFunction<Double, Question.Choice> score) {
    double[] scores =
        IntStream.range(0, sums.length)
            .mapToDouble(i -> score.applyAsDouble(sums[i], question.choices().get(i)))
            .toArray();
    int best = 0;
    for (int i = 1; i < scores.length; i++) {
      best = scores[i] > scores[best] ? i : best;
    }
    return best == question.answer() ? 1 : 0;
  }
}
