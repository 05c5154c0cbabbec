// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.calibration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.AwpException;
import dev.awp.Progress;
import dev.awp.calibration.StepMoments.Stream;
import dev.awp.checkpoint.Checkpoint;
import dev.awp.checkpoint.registry.Checkpoints;
import dev.awp.compute.Compute;
import dev.awp.fixture.GeneratedArchitectures;
import dev.awp.fixture.RandomMatrices;
import dev.awp.fixture.RandomMatrices.Kind;
import dev.awp.model.InputSite;
import dev.awp.model.LinearLayer;
import dev.awp.model.ModelLayout;
import dev.awp.model.Step;
import dev.awp.model.forward.TransformerModel;
import dev.awp.model.sublayer.LinearInputs;
import dev.awp.tensor.DType;
import dev.awp.tensor.Matrix;
import dev.awp.text.TokenWeights;
import dev.awp.text.TokenWindow;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Moments of tokens that do not count alike, against sums in double precision. */
class WeightedMomentsTest {
  @TempDir private Path folder;
  private Arena arena;
  private Compute compute;

  @BeforeEach
  @SuppressWarnings("MustBeClosed") // closed after each test
  void open() {
    arena = Arena.ofShared();
    compute = Compute.create(2);
  }

  @AfterEach
  void close() {
    compute.close();
    arena.close();
  }

  /** A third of them 0, the others between 0 and 3. */
  private static float[] weights(int size, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] weights = new float[size];
    for (int i = 0; i < size; i++) {
      weights[i] = random.nextInt(3) == 0 ? 0 : 3 * random.nextFloat();
    }
    weights[size / 2] = 1.5f;
    return weights;
  }

  private Matrix second(Matrix x, TokenWeights weights) {
    try (SecondMoment moment = new SecondMoment(x.columns(), compute)) {
      moment.add(x, weights);
      assertEquals(weights.counted(), moment.tokens());
      return moment.finish("site", arena);
    }
  }

  private float[][] cross(Matrix a, Matrix x, TokenWeights weights) {
    try (CrossMoment moment = new CrossMoment(a.columns(), x.columns(), compute)) {
      moment.add(a, x, weights);
      assertEquals(weights.counted(), moment.tokens());
      return moment.finish("site").toArray();
    }
  }

  private static double mean(Matrix a, Matrix b, TokenWeights weights, int i, int j) {
    double sum = 0;
    for (int r = 0; r < a.rows(); r++) {
      sum += (double) weights.get(r) * a.get(r, i) * b.get(r, j);
    }
    return sum / weights.sum();
  }

  private static double size(Matrix a, TokenWeights weights, int i) {
    return Math.sqrt(mean(a, a, weights, i, i));
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "33, 7", "2048, 31", "2100, 103", "260, 255", "61, 256", "4099, 257"})
  void aMomentIsTheWeightedMean(int rows, int columns) {
    for (Kind kind : new Kind[] {Kind.GAUSSIAN, Kind.OUTLIERS}) {
      Matrix x = RandomMatrices.of(kind, rows, columns, 1, arena);
      Matrix a = RandomMatrices.of(kind, rows, 13, 2, arena);
      TokenWeights weights = TokenWeights.of(weights(rows, 3));
      Matrix c = second(x, weights);
      float[][] d = cross(a, x, weights);
      for (int j = 0; j < columns; j += 5) {
        double scale = size(x, weights, j);
        for (int i = 0; i < columns; i += 7) {
          double expected = mean(x, x, weights, i, j);
          double near = 1e-5 * size(x, weights, i) * scale + 1e-9;
          assertEquals(expected, c.get(i, j), near, i + ", " + j);
          assertEquals(c.get(i, j), c.get(j, i));
        }
        for (int i = 0; i < a.columns(); i++) {
          double near = 1e-5 * size(a, weights, i) * scale + 1e-9;
          assertEquals(mean(a, x, weights, i, j), d[i][j], near, i + ", " + j);
        }
      }
    }
  }

  /** Entries and weights are multiples of small powers of two: every sum is exact. */
  @Test
  void powersOfTwoCostNoRounding() {
    Matrix x = RandomMatrices.of(Kind.TIES, 2500, 261, 1, arena);
    SplittableRandom random = new SplittableRandom(2);
    float[] powers = new float[x.rows()];
    for (int i = 0; i < powers.length; i++) {
      powers[i] = Math.scalb(1f, random.nextInt(6) - 3);
    }
    TokenWeights weights = TokenWeights.of(powers);
    Matrix c = second(x, weights);
    float[][] d = cross(x, x, weights);
    float share = (float) (1 / weights.sum());
    for (int i = 0; i < x.columns(); i += 3) {
      for (int j = 0; j < x.columns(); j += 4) {
        double mean = mean(x, x, weights, i, j);
        assertEquals((float) mean, c.get(i, j), i + ", " + j);
        assertEquals((float) (mean * weights.sum()) * share, d[i][j], i + ", " + j);
      }
    }
  }

  @Test
  void rowsOfWeightZeroAreAsIfLeftOut() {
    int columns = 259;
    Matrix x = RandomMatrices.of(Kind.GAUSSIAN, 3000, columns, 1, arena);
    float[] mask = new float[x.rows()];
    List<float[]> kept = new ArrayList<>();
    SplittableRandom random = new SplittableRandom(2);
    for (int i = 0; i < mask.length; i++) {
      // The last chunk of them counts for nothing.
      mask[i] = i < 2048 ? random.nextInt(2) : 0;
      if (mask[i] > 0) {
        kept.add(x.rowRange(i, i + 1).toArray()[0]);
      }
    }
    Matrix rest = Matrix.copyOf(arena, kept.toArray(float[][]::new));
    TokenWeights ones = TokenWeights.ones(rest.rows());
    Matrix c = second(x, TokenWeights.of(mask));
    Matrix expected = second(rest, ones);
    float[][] d = cross(x, x, TokenWeights.of(mask));
    float[][] expectedDrift = cross(rest, rest, ones);
    for (int i = 0; i < columns; i++) {
      for (int j = 0; j < columns; j++) {
        assertEquals(expected.get(i, j), c.get(i, j), 2e-6, i + ", " + j);
        assertEquals(expectedDrift[i][j], d[i][j], 2e-6, i + ", " + j);
      }
    }
  }

  @Test
  void weightsOfOneAreTheSameBitsAsNone() {
    Matrix x = RandomMatrices.of(Kind.OUTLIERS, 2100, 300, 1, arena);
    float[] ones = new float[x.rows()];
    Arrays.fill(ones, 1);
    try (SecondMoment plain = new SecondMoment(300, compute);
        CrossMoment cross = new CrossMoment(300, 300, compute)) {
      plain.add(x);
      cross.add(x, x);
      Matrix expected = plain.finish("site", arena);
      Matrix c = second(x, TokenWeights.of(ones));
      assertEquals(-1, expected.segment().mismatch(c.segment()));
      Matrix d = Matrix.copyOf(arena, cross(x, x, TokenWeights.of(ones)));
      assertEquals(-1, cross.finish("site").segment().mismatch(d.segment()));
    }
  }

  @Test
  void weightsDoNotDependOnThreads() {
    Matrix x = RandomMatrices.of(Kind.GAUSSIAN, 100, 530, 1, arena);
    TokenWeights weights = TokenWeights.of(weights(100, 4));
    Matrix expected = second(x, weights);
    for (int threads : new int[] {1, 4}) {
      try (Compute other = Compute.create(threads);
          SecondMoment moment = new SecondMoment(530, other)) {
        moment.add(x, weights);
        Matrix c = moment.finish("site", arena);
        assertEquals(-1, expected.segment().mismatch(c.segment()), threads + " threads");
      }
    }
  }

  @Test
  void momentsOfNothingAreRefused() {
    Matrix x = RandomMatrices.of(Kind.GAUSSIAN, 5, 3, 1, arena);
    try (SecondMoment second = new SecondMoment(3, compute);
        CrossMoment cross = new CrossMoment(3, 3, compute)) {
      second.add(x, TokenWeights.of(new float[5]));
      cross.add(x, x, TokenWeights.of(new float[5]));
      String expected = "block 1: all of the 5 tokens that were seen have weight 0";
      AwpException refusal =
          assertThrows(AwpException.class, () -> second.finish("block 1", arena));
      assertEquals(expected, refusal.getMessage());
      refusal = assertThrows(AwpException.class, () -> cross.finish("block 1"));
      assertEquals(expected, refusal.getMessage());
      TokenWeights four = TokenWeights.ones(4);
      assertThrows(IllegalArgumentException.class, () -> second.add(x, four));
      assertThrows(IllegalArgumentException.class, () -> cross.add(x, x, four));
    }
  }

  private static final int LENGTH = 60;
  private static final int WINDOWS = 40;

  private static List<LinearLayer> layers(ModelLayout layout, Step step) {
    return layout.linears(0).stream().filter(l -> l.step().equals(step)).toList();
  }

  /** What goes by at a site, and which of all tokens it is. */
  private static final class Kept {
    private final List<float[]> rows = new ArrayList<>();
    private final List<Integer> tokens = new ArrayList<>();
  }

  private static Map<InputSite, Kept> inputs(TransformerModel model, Step step, Matrix states) {
    Map<InputSite, Kept> inputs = new TreeMap<>();
    int rows = 2048 / LENGTH * LENGTH;
    try (Arena own = Arena.ofShared()) {
      for (int from = 0; from < states.rows(); from += rows) {
        int first = from;
        Matrix chunk = states.rowRange(from, Math.min(states.rows(), from + rows));
        LinearInputs keep =
            new LinearInputs() {
              @Override
              public void accept(InputSite site, Matrix seen) {
                acceptSome(site, seen, IntStream.range(0, seen.rows()).toArray());
              }

              @Override
              public void acceptSome(InputSite site, Matrix seen, int[] tokens) {
                Kept kept = inputs.computeIfAbsent(site, _ -> new Kept());
                kept.rows.addAll(List.of(seen.toArray()));
                for (int token : tokens) {
                  kept.tokens.add(first + token);
                }
              }
            };
        model.step(0, step, own).forward(Matrix.copyOf(own, chunk.toArray()), LENGTH, keep);
      }
    }
    return inputs;
  }

  /** The weights that a site's inputs get are those of their tokens, whichever an expert sees. */
  @ParameterizedTest
  @ValueSource(strings = {"qwen3", "mixtral"})
  void everySiteGetsTheWeightsOfItsTokens(String name) throws IOException {
    GeneratedArchitectures.write(folder.resolve("model"), name, DType.F32);
    try (Checkpoint checkpoint = Checkpoints.open(folder.resolve("model"))) {
      ModelLayout layout = ModelLayout.of(checkpoint.config());
      TransformerModel model = new TransformerModel(layout, checkpoint::tensor, compute);
      int hidden = layout.config().hiddenSize();
      Matrix h = RandomMatrices.of(Kind.GAUSSIAN, WINDOWS * LENGTH, hidden, 1, arena);
      TokenWeights weights = TokenWeights.of(weights(h.rows(), 5));
      for (Step step : layout.steps(0)) {
        Map<InputSite, Kept> expected = inputs(model, step, h);
        try (StepMoments moments =
            new StepMoments(layout, layers(layout, step), false, Set.of(), compute)) {
          moments.observe(
              new Stream(model.step(0, step, arena), h, false), Optional.empty(), weights, LENGTH);
          expected.forEach(
              (site, kept) -> {
                Matrix x = Matrix.copyOf(arena, kept.rows.toArray(float[][]::new));
                TokenWeights own =
                    weights.choose(kept.tokens.stream().mapToInt(Integer::intValue).toArray());
                assertEquals(own.counted(), moments.inputs(site).tokens());
                Matrix c = moments.finish(site, "test", arena);
                for (int i = 0; i < c.rows(); i += 5) {
                  for (int j = 0; j < c.columns(); j += 3) {
                    assertEquals(mean(x, x, own, i, j), c.get(i, j), 1e-5, site + " " + i);
                  }
                }
              });
        }
      }
    }
  }

  @Test
  void driftAndResidualAreWeighedAsTheInputs() throws IOException {
    GeneratedArchitectures.write(folder.resolve("model"), "qwen3", DType.F32);
    GeneratedArchitectures.write(folder.resolve("other"), "qwen3", DType.BF16);
    try (Checkpoint checkpoint = Checkpoints.open(folder.resolve("model"));
        Checkpoint rounded = Checkpoints.open(folder.resolve("other"))) {
      ModelLayout layout = ModelLayout.of(checkpoint.config());
      TransformerModel model = new TransformerModel(layout, checkpoint::tensor, compute);
      TransformerModel compressed = new TransformerModel(layout, rounded::tensor, compute);
      int hidden = layout.config().hiddenSize();
      Matrix h = RandomMatrices.of(Kind.GAUSSIAN, WINDOWS * LENGTH, hidden, 1, arena);
      Matrix drifted = RandomMatrices.of(Kind.GAUSSIAN, WINDOWS * LENGTH, hidden, 2, arena);
      TokenWeights weights = TokenWeights.of(weights(h.rows(), 6));
      Map<InputSite, Kept> x = inputs(model, Step.MLP, h);
      Map<InputSite, Kept> seen = inputs(compressed, Step.MLP, drifted);
      try (StepMoments moments =
          new StepMoments(layout, layers(layout, Step.MLP), true, Set.of(), compute)) {
        moments.observe(
            new Stream(compressed.step(0, Step.MLP, arena), drifted, false),
            Optional.of(new Stream(model.step(0, Step.MLP, arena), h, false)),
            weights,
            LENGTH);
        for (InputSite site : x.keySet()) {
          Matrix original = Matrix.copyOf(arena, x.get(site).rows.toArray(float[][]::new));
          Matrix inputs = Matrix.copyOf(arena, seen.get(site).rows.toArray(float[][]::new));
          try (CrossMoment drift = moments.takeDrift(site).orElseThrow()) {
            assertDrift(original, inputs, inputs, weights, drift.finish("test"));
          }
          if (site.next().isEmpty()) {
            try (CrossMoment residual = moments.takeResidual(site).orElseThrow()) {
              assertDrift(h, drifted, inputs, weights, residual.finish("test"));
            }
          }
        }
      }
    }
  }

  private static void assertDrift(
      Matrix a, Matrix drifted, Matrix inputs, TokenWeights weights, Matrix mean) {
    for (int i = 0; i < mean.rows(); i += 5) {
      for (int j = 0; j < mean.columns(); j += 3) {
        double expected = mean(a, inputs, weights, i, j) - mean(drifted, inputs, weights, i, j);
        assertEquals(expected, mean.get(i, j), 1e-5, i + ", " + j);
      }
    }
  }

  /** An expert whose tokens are masked has no statistics of its own. */
  @Test
  void tokensOfWeightZeroDoNotFeedAnExpert() throws IOException {
    GeneratedArchitectures.write(folder.resolve("model"), "mixtral", DType.F32);
    try (Checkpoint checkpoint = Checkpoints.open(folder.resolve("model"))) {
      ModelLayout layout = ModelLayout.of(checkpoint.config());
      TransformerModel model = new TransformerModel(layout, checkpoint::tensor, compute);
      float[] mask = new float[LENGTH];
      mask[7] = 1;
      assertFalse(
          starved(model, TokenWeights.ones(LENGTH))
              .containsAll(layout.sites(0).stream().filter(InputSite::ofExpert).toList()));
      assertTrue(
          starved(model, TokenWeights.of(mask))
              .containsAll(layout.sites(0).stream().filter(InputSite::ofExpert).toList()));
    }
  }

  private Set<InputSite> starved(TransformerModel model, TokenWeights weights) {
    List<TokenWindow> windows = new ArrayList<>();
    for (int w = 0; w < WINDOWS; w++) {
      int[] tokens = new int[LENGTH];
      for (int i = 0; i < LENGTH; i++) {
        tokens[i] = (w * 37 + i * i * 11 + i) % 200;
      }
      windows.add(new TokenWindow(tokens, weights, new int[0]));
    }
    List<LinearLayer> layers = layers(model.layout(), Step.MLP);
    try (ActivationStore store = ActivationStore.embed(model, windows, folder)) {
      assertEquals(weights.counted() * WINDOWS, store.weights().counted());
      return ExpertCoverage.starved(model, 0, layers, store, Progress.NONE);
    }
  }
}
