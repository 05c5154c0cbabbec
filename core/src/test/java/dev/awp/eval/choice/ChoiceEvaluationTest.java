// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.eval.choice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.awp.AwpException;
import dev.awp.Progress;
import dev.awp.compute.Compute;
import dev.awp.eval.EvaluatedModel;
import dev.awp.fixture.GeneratedCheckpoint;
import dev.awp.model.forward.TransformerModel;
import dev.awp.model.sublayer.LinearInputs;
import dev.awp.report.EvaluationReport;
import dev.awp.report.EvaluationReport.Answers;
import dev.awp.tensor.DType;
import dev.awp.tensor.Matrix;
import dev.awp.text.TextOptions;
import dev.awp.text.Windows;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Log-likelihoods of choices against one forward pass for each, with a token for every byte. */
class ChoiceEvaluationTest {
  private static final int POSITIONS = 128;
  private static final JsonMapper JSON = JsonMapper.builder().build();

  @TempDir private Path folder;
  private final Compute compute = Compute.create(2);
  private Path model;

  @BeforeEach
  void write() throws IOException {
    model = folder.resolve("model");
    new GeneratedCheckpoint(2, 16, 24, 2, 1, DType.F32).write(model);
  }

  @AfterEach
  void close() {
    compute.close();
  }

  private static String question(int answer, String context, String... choices) {
    ObjectNode row = JSON.createObjectNode().put("context", context).put("answer", answer);
    List.of(choices).forEach(row.putArray("choices")::add);
    return row.toString();
  }

  private EvaluationReport.Choices evaluate(Windows windows, String... rows) throws IOException {
    Path file = Files.writeString(folder.resolve("q.jsonl"), String.join("\n", rows));
    return new ChoiceEvaluation(TextOptions.DEFAULT.withWindows(windows), compute, Progress.NONE)
        .evaluate(model, Optional.empty(), file, Integer.MAX_VALUE);
  }

  private Answers answers(String... rows) throws IOException {
    return evaluate(Windows.MODEL, rows).model();
  }

  /** The beginning of texts, and a byte's token is the byte and 2. */
  private static int[] tokens(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    int[] tokens = new int[bytes.length + 1];
    for (int i = 0; i < bytes.length; i++) {
      tokens[i + 1] = (bytes[i] & 0xff) + 2;
    }
    return tokens;
  }

  /** Sum of log p of the last tokens, by one pass over all but the last. */
  private double direct(int[] all, int scored) {
    try (EvaluatedModel opened = EvaluatedModel.open(model, List.of(), compute);
        Arena arena = Arena.ofShared()) {
      TransformerModel transformer = opened.model();
      int[] input = Arrays.copyOf(all, all.length - 1);
      Matrix x = Matrix.allocate(arena, input.length, transformer.layout().config().hiddenSize());
      transformer.embed(input, x);
      for (int block = 0; block < transformer.layout().config().layers(); block++) {
        transformer.block(block, arena).forward(x, input.length, LinearInputs.IGNORED);
      }
      double[] losses =
          transformer.head().negativeLogLikelihood(x, Arrays.copyOfRange(all, 1, all.length));
      return -Arrays.stream(losses, losses.length - scored, losses.length).sum();
    }
  }

  private static String text(Random random, int length) {
    StringBuilder text = new StringBuilder("a");
    while (text.length() < length) {
      text.append((char) ('a' + random.nextInt(26)));
    }
    return text.toString();
  }

  @Test
  void likelihoodsAreThoseOfSinglePasses() throws IOException {
    Random random = new Random(4);
    List<String> rows = new ArrayList<>();
    List<List<Double>> expected = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      String context = text(random, 1 + random.nextInt(60));
      String[] choices = new String[2 + random.nextInt(3)];
      List<Double> sums = new ArrayList<>();
      for (int c = 0; c < choices.length; c++) {
        choices[c] = text(random, 1 + random.nextInt(40));
        sums.add(direct(tokens(context + " " + choices[c]), choices[c].length() + 1));
      }
      rows.add(question(0, context, choices));
      expected.add(sums);
    }
    Answers answers = answers(rows.toArray(String[]::new));
    for (int i = 0; i < rows.size(); i++) {
      for (int c = 0; c < expected.get(i).size(); c++) {
        double wanted = expected.get(i).get(c);
        assertEquals(wanted, answers.logLikelihoods().get(i).get(c), 1e-6 * Math.abs(wanted));
      }
    }
    assertEquals(0, answers.cut());
    double hits = hits(expected, answers);
    assertEquals(hits, answers.accuracy().value(), 1e-12);
    assertEquals(
        Math.sqrt(hits * (1 - hits) / (rows.size() - 1)),
        answers.accuracy().standardError(),
        1e-12);
  }

  /** The share of questions whose first choice is the likeliest. */
  private static double hits(List<List<Double>> expected, Answers answers) {
    double hits =
        expected.stream()
            .filter(sums -> sums.stream().allMatch(sum -> sum <= sums.getFirst()))
            .count();
    assertTrue(hits > 0 && hits < expected.size(), "" + answers);
    return hits / expected.size();
  }

  /** A longer choice has the lower sum, and may have the higher mean. */
  @Test
  void lengthsAreOfCharacters() throws IOException {
    String longer = "e e e e e e e e";
    Answers answers = answers(question(0, "what", longer, "\u00e9\u00e9"));
    List<Double> sums = answers.logLikelihoods().getFirst();
    boolean plain = sums.get(0) >= sums.get(1);
    boolean normalized = sums.get(0) / 15 >= sums.get(1) / 2;
    assertTrue(normalized && !plain, "" + sums);
    assertEquals(0, answers.accuracy().value());
    assertEquals(1, answers.normalizedAccuracy().value());
  }

  @Test
  void ofEqualChoicesTheFirstCounts() throws IOException {
    assertEquals(1, answers(question(0, "what", "same", "same")).accuracy().value());
    assertEquals(0, answers(question(1, "what", "same", "same")).accuracy().value());
  }

  @Test
  void spaceAtTheContextsEndIsScored() throws IOException {
    double expected = direct(tokens("what \n is"), 5);
    assertEquals(
        expected,
        answers(question(0, "what \n ", "is")).logLikelihoods().getFirst().getFirst(),
        1e-5);
  }

  @Test
  void aContextThatBeginsAsTextsDoIsNotBegunTwice() throws IOException {
    assertEquals(
        direct(tokens("what is"), 3),
        answers(question(0, "<s>what", "is")).logLikelihoods().getFirst().getFirst(),
        1e-5);
  }

  @Test
  void nothingBeforeIsTheBeginningOfTexts() throws IOException {
    assertEquals(
        direct(tokens("is"), 2),
        answers(question(0, "", "is")).logLikelihoods().getFirst().getFirst(),
        1e-5);
    AwpException refusal =
        assertThrows(AwpException.class, () -> evaluate(Windows.PAPERS, question(0, "", "is")));
    assertTrue(
        refusal.getMessage().contains("q.jsonl, line 1: the choice 'is' has nothing before it"));
  }

  @Test
  void longContextsAreCutFromTheLeft() throws IOException {
    String context = text(new Random(1), 200);
    int[] all = tokens(context + " end");
    Answers answers = answers(question(0, context, "end"), question(0, "a", "b"));
    assertEquals(1, answers.cut());
    assertEquals(
        direct(Arrays.copyOfRange(all, all.length - POSITIONS - 1, all.length), 4),
        answers.logLikelihoods().getFirst().getFirst(),
        1e-5);
    String longest = text(new Random(2), POSITIONS - 1);
    assertEquals(
        direct(
            Arrays.copyOfRange(tokens(context + " " + longest), 200, 200 + POSITIONS + 1),
            POSITIONS),
        answers(question(0, context, longest)).logLikelihoods().getFirst().getFirst(),
        1e-4);
    AwpException refusal =
        assertThrows(AwpException.class, () -> answers(question(0, context, longest + "x")));
    assertTrue(refusal.getMessage().contains("has 129 tokens, and the model 128 positions"));
  }

  @Test
  void aChoiceOfNothingIsRefused() throws IOException {
    AwpException refusal =
        assertThrows(AwpException.class, () -> answers(question(0, "what ", "")));
    assertTrue(
        refusal.getMessage().contains("line 1: the choice '' is empty"), refusal.getMessage());
  }
}
