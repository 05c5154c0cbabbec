// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.AwpException;
import dev.awp.Progress;
import dev.awp.checkpoint.Checkpoint;
import dev.awp.checkpoint.registry.Checkpoints;
import dev.awp.compute.Compute;
import dev.awp.fixture.GeneratedCheckpoint;
import dev.awp.fixture.GgufModels;
import dev.awp.fixture.LlamaCppArchitectures;
import dev.awp.fixture.SyntheticWeights;
import dev.awp.model.ModelLayout;
import dev.awp.model.forward.TransformerModel;
import dev.awp.report.DivergenceReport;
import dev.awp.report.Estimate;
import dev.awp.tensor.DType;
import dev.awp.tensor.Matrix;
import dev.awp.text.TextOptions;
import dev.awp.text.TokenStream;
import dev.awp.text.TokenWeights;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two models side by side, against the definitions over whole distributions. */
class DivergenceTest {
  private static final int LENGTH = 16;
  private static final int WINDOWS = 5;
  private static final int[] STARTS = {0};

  @TempDir private Path folder;
  private final Compute compute = Compute.create(2);

  @AfterEach
  void close() {
    compute.close();
  }

  /** A model of that hidden size; another size is another function too. */
  private Path write(String name, int hidden) throws IOException {
    Path path = folder.resolve(name);
    new GeneratedCheckpoint(2, hidden, 24, 2, 1, DType.F32).write(path);
    return path;
  }

  private TransformerModel model(Checkpoint checkpoint) {
    return new TransformerModel(ModelLayout.of(checkpoint.config()), checkpoint::tensor, compute);
  }

  private static TokenStream stream(TokenWeights weights) {
    int[] tokens = new int[weights.size()];
    for (int i = 0; i < tokens.length; i++) {
      tokens[i] = (i * i * 7 + i) % 200;
    }
    return new TokenStream(tokens, STARTS, weights);
  }

  private static DivergenceResult evaluate(Reference p, TransformerModel q, TokenStream text) {
    return Divergence.evaluate(p, q, "text", text, LENGTH, (_, _) -> {});
  }

  /** Negative log-likelihoods of every token, [vocabulary][rows], of a whole text. */
  private static double[][] likelihoods(TransformerModel model, TokenStream text) {
    int vocabulary = model.layout().config().vocabularySize();
    double[][] all = new double[vocabulary][];
    WindowBatch batch = WindowBatch.of("text", text, LENGTH, 16).getFirst();
    assertEquals(WINDOWS, batch.windows());
    for (int token = 0; token < vocabulary; token++) {
      try (Arena arena = Arena.ofShared()) {
        Matrix x = batch.states(model, arena, () -> {});
        int[] targets = new int[batch.rows()];
        Arrays.fill(targets, token);
        all[token] = model.head().negativeLogLikelihood(x, targets);
      }
    }
    return all;
  }

  @Test
  void figuresAreThoseOfTheDefinitions() throws IOException {
    float[] weights = new float[WINDOWS * LENGTH + 3];
    for (int i = 0; i < weights.length; i++) {
      weights[i] = i % 3 == 0 ? 0 : 1;
    }
    try (Checkpoint first = Checkpoints.open(write("p", 16));
        Checkpoint second = Checkpoints.open(write("q", 24))) {
      TransformerModel p = model(first);
      TransformerModel q = model(second);
      for (TokenWeights counted :
          new TokenWeights[] {TokenWeights.ones(weights.length), TokenWeights.of(weights)}) {
        TokenStream text = stream(counted);
        DivergenceResult result = evaluate(Reference.of(p), q, text);
        assertFigures(result, likelihoods(p, text), likelihoods(q, text), text);
        PerplexityResult alone = Perplexity.evaluate(q, "text", text, LENGTH, (_, _) -> {});
        assertEquals(alone, result.model());
        assertEquals(
            Perplexity.evaluate(p, "text", text, LENGTH, (_, _) -> {}), result.reference());
      }
    }
  }

  private static void assertFigures(
      DivergenceResult result, double[][] p, double[][] q, TokenStream text) {
    int n = 0;
    double[] divergence = new double[WINDOWS * LENGTH];
    double[] ratio = new double[divergence.length];
    double[] change = new double[divergence.length];
    double[] same = new double[divergence.length];
    for (int row = 0; row < divergence.length; row++) {
      if (row % LENGTH == LENGTH - 1 || text.weights().get(row + 1) == 0) {
        continue;
      }
      int topOfP = 0;
      int topOfQ = 0;
      for (int v = 0; v < p.length; v++) {
        divergence[n] += Math.exp(-p[v][row]) * (q[v][row] - p[v][row]);
        topOfP = p[v][row] < p[topOfP][row] ? v : topOfP;
        topOfQ = q[v][row] < q[topOfQ][row] ? v : topOfQ;
      }
      int token = text.tokens()[row + 1];
      ratio[n] = q[token][row] - p[token][row];
      change[n] = Math.pow(Math.exp(-q[token][row]) - Math.exp(-p[token][row]), 2);
      same[n] = topOfP == topOfQ ? 1 : 0;
      n++;
    }
    DivergenceReport report = result.divergence();
    Estimate mean = mean(divergence, n);
    assertTrue(mean.value() > 0.01, "" + mean);
    assertClose(mean, report.divergence());
    assertClose(mean(same, n), report.sameTop());
    Estimate logRatio = mean(ratio, n);
    double expected = Math.exp(logRatio.value());
    assertClose(
        new Estimate(expected, expected * logRatio.standardError()), report.perplexityRatio());
    assertEquals(
        expected,
        result.model().perplexity().value() / result.reference().perplexity().value(),
        1e-6 * expected);
    Estimate square = mean(change, n);
    double root = Math.sqrt(square.value());
    assertClose(new Estimate(root, square.standardError() / 2 / root), report.probabilityChange());
    double[] sorted = Arrays.copyOf(divergence, n);
    Arrays.sort(sorted);
    assertEquals(sorted[n - 1], report.maximum(), 1e-6);
    double middle = n % 2 == 1 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
    assertEquals(middle, report.median(), 1e-6);
    assertTrue(report.percentile99() >= sorted[n - 2] && report.percentile99() < sorted[n - 1]);
  }

  private static Estimate mean(double[] values, int n) {
    double mean = Arrays.stream(values, 0, n).sum() / n;
    double squares = Arrays.stream(values, 0, n).map(x -> (x - mean) * (x - mean)).sum();
    return new Estimate(mean, Math.sqrt(squares / (n - 1) / n));
  }

  private static void assertClose(Estimate expected, Estimate measured) {
    assertEquals(expected.value(), measured.value(), 1e-6);
    assertEquals(expected.standardError(), measured.standardError(), 1e-6);
  }

  @Test
  void aModelIsItself() throws IOException {
    try (Checkpoint checkpoint = Checkpoints.open(write("p", 16))) {
      TokenStream text = stream(TokenWeights.ones(WINDOWS * LENGTH));
      DivergenceReport report =
          evaluate(Reference.of(model(checkpoint)), model(checkpoint), text).divergence();
      Estimate nothing = new Estimate(0, 0);
      Estimate one = new Estimate(1, 0);
      assertEquals(new DivergenceReport(nothing, 0, 0, 0, one, one, nothing), report);
    }
  }

  /** States that are kept are those that would be computed. */
  @Test
  void keptStatesChangeNothing() throws IOException {
    try (Checkpoint first = Checkpoints.open(write("p", 16));
        Checkpoint second = Checkpoints.open(write("q", 24));
        Reference kept = Reference.kept(model(first), WINDOWS * LENGTH, folder)) {
      TransformerModel q = model(second);
      TokenStream text = stream(TokenWeights.ones(WINDOWS * LENGTH));
      DivergenceResult anew = evaluate(Reference.of(model(first)), q, text);
      assertEquals(anew, evaluate(kept, q, text));
      assertEquals(anew, evaluate(kept, q, text));
    }
  }

  private TextEvaluation evaluation() {
    return new TextEvaluation(TextOptions.DEFAULT, OptionalInt.of(LENGTH), compute, Progress.NONE);
  }

  private Path text() throws IOException {
    return Files.writeString(folder.resolve("text.txt"), "A text of some words, again. ".repeat(9));
  }

  @Test
  void anotherFormatOfTheModelHasNoDivergence() throws IOException {
    Path model = folder.resolve("model");
    GgufModels.writeFolder(model, "qwen2", DType.F32);
    Path file = GgufModels.convert(model, folder.resolve("gguf"), compute);
    for (boolean swapped : new boolean[] {false, true}) {
      DivergenceResult result =
          evaluation().compare(swapped ? model : file, swapped ? file : model, text());
      assertEquals(0, result.divergence().maximum(), 1e-9);
      assertEquals(new Estimate(1, 0), result.divergence().sameTop());
    }
    Path rounded = folder.resolve("rounded");
    GgufModels.convert(
        model, rounded, "dense", Optional.of(DType.BF16), OptionalLong.empty(), compute);
    double divergence =
        evaluation().compare(rounded, model, text()).divergence().divergence().value();
    assertTrue(divergence > 1e-9 && divergence < 0.01, "" + divergence);
  }

  @Test
  void otherVocabulariesAreRefused() throws IOException {
    Path model = write("model", 16);
    Path other = folder.resolve("other");
    String config = LlamaCppArchitectures.config("qwen2").put("vocab_size", 300).toString();
    SyntheticWeights.write(other, config, DType.F32, Long.MAX_VALUE);
    AwpException refusal =
        assertThrows(AwpException.class, () -> evaluation().compare(other, model, text()));
    assertTrue(
        refusal.getMessage().contains("the vocabulary has 300 tokens"), refusal.getMessage());
    assertTrue(refusal.getMessage().startsWith(other + ":"), refusal.getMessage());
  }

  @Test
  void otherTokensAreRefused() throws IOException {
    Path model = write("model", 16);
    Path other = write("other", 16);
    Path tokenizer = other.resolve("tokenizer.json");
    String json = Files.readString(tokenizer);
    String swapped = json.replace("\"x\":122", "\"x\":-").replace("\"o\":113", "\"o\":122");
    Files.writeString(tokenizer, swapped.replace("\"x\":-", "\"x\":113"));
    assertTrue(!json.equals(Files.readString(tokenizer)));
    AwpException refusal =
        assertThrows(AwpException.class, () -> evaluation().compare(other, model, text()));
    assertTrue(
        refusal.getMessage().contains("the first that differs is token 6"), refusal.getMessage());
  }

  @Test
  void anotherBeginningOfTextsIsRefused() throws IOException {
    Path model = write("model", 16);
    Path other = write("other", 16);
    Path tokenizer = other.resolve("tokenizer.json");
    Files.writeString(
        tokenizer,
        Files.readString(tokenizer)
            .replaceAll(
                "\"post_processor\":\\{.*?\\},\"decoder\"", "\"post_processor\":null,\"decoder\""));
    AwpException refusal =
        assertThrows(AwpException.class, () -> evaluation().compare(other, model, text()));
    assertTrue(refusal.getMessage().contains("token 1"), refusal.getMessage());
  }
}
