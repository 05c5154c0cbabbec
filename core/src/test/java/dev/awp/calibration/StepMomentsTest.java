// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.calibration;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
import dev.awp.model.forward.DecoderBlock;
import dev.awp.model.forward.TransformerModel;
import dev.awp.model.sublayer.LinearInputs;
import dev.awp.tensor.DType;
import dev.awp.tensor.Matrix;
import dev.awp.text.TokenWeights;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The moments of a step's sites, against sums over the tokens. */
class StepMomentsTest {
  /** Long enough for several chunks. */
  private static final int LENGTH = 60;

  private static final int WINDOWS = 40;

  @TempDir private Path folder;

  private static List<LinearLayer> layers(ModelLayout layout, Step step) {
    return layout.linears(0).stream().filter(l -> l.step().equals(step)).toList();
  }

  private static Map<InputSite, Matrix> inputs(
      TransformerModel model, Step step, Matrix states, Arena arena) {
    Map<InputSite, Matrix> inputs = new HashMap<>();
    Matrix copy = Matrix.copyOf(arena, states.toArray());
    int[] from = {0, 0};
    model
        .step(0, step, arena)
        .forward(
            copy,
            LENGTH,
            (site, seen) -> {
              Matrix kept =
                  inputs.computeIfAbsent(
                      site, _ -> Matrix.allocate(arena, states.rows(), seen.columns()));
              int chunk = site.next().isPresent() ? 0 : 1;
              kept.rowRange(from[chunk], from[chunk] + seen.rows()).copyFrom(seen);
              from[chunk] += seen.rows();
            });
    return inputs;
  }

  private static List<Step> steps() {
    return List.of(Step.ATTENTION, Step.MLP);
  }

  /** A model, and what is left of it in bfloat16. */
  private static final class Models implements AutoCloseable {
    private final Compute compute = Compute.create(2);
    private final Checkpoint ofOriginal;
    private final Checkpoint ofRounded;
    private final ModelLayout layout;
    private final TransformerModel original;
    private final TransformerModel rounded;

    Models(Path folder) throws IOException {
      GeneratedArchitectures.write(folder.resolve("model"), "qwen3", DType.F32);
      GeneratedArchitectures.write(folder.resolve("other"), "qwen3", DType.BF16);
      this.ofOriginal = Checkpoints.open(folder.resolve("model"));
      this.ofRounded = Checkpoints.open(folder.resolve("other"));
      this.layout = ModelLayout.of(ofOriginal.config());
      this.original = new TransformerModel(layout, ofOriginal::tensor, compute);
      this.rounded = new TransformerModel(layout, ofRounded::tensor, compute);
    }

    @Override
    public void close() {
      ofOriginal.close();
      ofRounded.close();
      compute.close();
    }
  }

  /** D and R of a step whose two streams go through different weights. */
  @ParameterizedTest
  @MethodSource("steps")
  void driftIsOfInputsAndOfStates(Step step) throws IOException {
    try (Models models = new Models(folder);
        Arena arena = Arena.ofShared()) {
      ModelLayout layout = models.layout;
      TransformerModel model = models.original;
      TransformerModel compressed = models.rounded;
      Compute compute = models.compute;
      int hidden = layout.config().hiddenSize();
      Matrix h = RandomMatrices.of(Kind.GAUSSIAN, WINDOWS * LENGTH, hidden, 1, arena);
      Matrix drifted = RandomMatrices.of(Kind.GAUSSIAN, WINDOWS * LENGTH, hidden, 2, arena);
      float[][] before = drifted.toArray();
      Matrix after = Matrix.copyOf(arena, h.toArray());
      model.step(0, step, arena).forward(after, LENGTH, LinearInputs.IGNORED);
      Map<InputSite, Matrix> x = inputs(model, step, h, arena);
      Map<InputSite, Matrix> seen = inputs(compressed, step, drifted, arena);
      Matrix states = Matrix.copyOf(arena, h.toArray());
      try (StepMoments moments =
          new StepMoments(layout, layers(layout, step), true, Set.of(), compute)) {
        moments.observe(
            new Stream(compressed.step(0, step, arena), drifted, false),
            Optional.of(new Stream(model.step(0, step, arena), states, true)),
            TokenWeights.ones(h.rows()),
            LENGTH);
        assertArrayEquals(before, drifted.toArray());
        assertArrayEquals(after.toArray(), states.toArray());
        for (InputSite site : x.keySet()) {
          CrossMoment drift = moments.takeDrift(site).orElseThrow();
          assertMean(x.get(site), seen.get(site), seen.get(site), drift);
          Optional<CrossMoment> residual = moments.takeResidual(site);
          assertEquals(site.next().isEmpty(), residual.isPresent(), site.toString());
          residual.ifPresent(r -> assertMean(h, drifted, seen.get(site), r));
        }
      }
    }
  }

  /** With fewer rows of the original's states D and R are those of the first tokens. */
  @ParameterizedTest
  @MethodSource("steps")
  void driftMayBeOfTheFirstWindows(Step step) throws IOException {
    try (Models models = new Models(folder);
        Arena arena = Arena.ofShared()) {
      ModelLayout layout = models.layout;
      TransformerModel model = models.original;
      TransformerModel compressed = models.rounded;
      Compute compute = models.compute;
      int hidden = layout.config().hiddenSize();
      int all = WINDOWS * LENGTH;
      // Within a chunk, and on the border between two.
      for (int windows : new int[] {3, DecoderBlock.chunkRows(LENGTH) / LENGTH}) {
        int some = windows * LENGTH;
        Matrix h = RandomMatrices.of(Kind.GAUSSIAN, all, hidden, 1, arena);
        Matrix drifted = RandomMatrices.of(Kind.GAUSSIAN, all, hidden, 2, arena);
        try (StepMoments part = moments(layout, step, compute);
            StepMoments first = moments(layout, step, compute);
            StepMoments whole = moments(layout, step, compute)) {
          observe(part, model, compressed, step, h.rowRange(0, some), drifted, arena);
          observe(
              first,
              model,
              compressed,
              step,
              h.rowRange(0, some),
              drifted.rowRange(0, some),
              arena);
          observe(whole, model, compressed, step, h, drifted, arena);
          for (LinearLayer layer : layers(layout, step)) {
            InputSite site = layer.site();
            Optional<CrossMoment> drift = part.takeDrift(site);
            if (drift.isPresent()) {
              assertSame(first.takeDrift(site).orElseThrow(), drift.get());
              assertEquals(some, drift.get().tokens());
              assertEquals(Optional.empty(), first.takeDrifted(site));
              try (SecondMoment own = part.takeDrifted(site).orElseThrow()) {
                assertClose(first.finish(site, "test", arena), own.finish("test", arena));
              }
              part.takeResidual(site)
                  .ifPresent(r -> assertSame(first.takeResidual(site).orElseThrow(), r));
              assertEquals(all, part.inputs(site).tokens());
              assertClose(whole.finish(site, "test", arena), part.finish(site, "test", arena));
            }
          }
        }
      }
    }
  }

  private static StepMoments moments(ModelLayout layout, Step step, Compute compute) {
    return new StepMoments(layout, layers(layout, step), true, Set.of(), compute);
  }

  private static void observe(
      StepMoments moments,
      TransformerModel model,
      TransformerModel compressed,
      Step step,
      Matrix original,
      Matrix drifted,
      Arena arena) {
    moments.observe(
        new Stream(compressed.step(0, step, arena), drifted, false),
        Optional.of(new Stream(model.step(0, step, arena), original, false)),
        TokenWeights.ones(drifted.rows()),
        LENGTH);
  }

  private static void assertSame(CrossMoment expected, CrossMoment moment) {
    try (expected;
        moment) {
      assertClose(expected.finish("test"), moment.finish("test"));
    }
  }

  private static void assertClose(Matrix expected, Matrix matrix) {
    for (int i = 0; i < expected.rows(); i++) {
      assertArrayEquals(expected.toArray()[i], matrix.toArray()[i], 1e-5f);
    }
  }

  /** Mean of (a - a~) x~^T. */
  private static void assertMean(Matrix a, Matrix drifted, Matrix inputs, CrossMoment moment) {
    try (moment) {
      Matrix mean = moment.finish("test");
      assertEquals(a.columns(), mean.rows());
      assertEquals(inputs.columns(), mean.columns());
      for (int i = 0; i < mean.rows(); i += 5) {
        for (int j = 0; j < mean.columns(); j += 3) {
          double sum = 0;
          for (int t = 0; t < a.rows(); t++) {
            sum += ((double) a.get(t, i) - drifted.get(t, i)) * inputs.get(t, j);
          }
          assertEquals(sum / a.rows(), mean.get(i, j), 1e-5, i + ", " + j);
        }
      }
    }
  }

  /** Where outputs are normed or weighed before they are added, states cannot be made up for. */
  @ParameterizedTest
  @CsvSource({"qwen3, true, true", "gemma2, false, false", "mixtral, true, false"})
  void outputsAreAddedAsTheyAre(String name, boolean attention, boolean mlp) throws IOException {
    GeneratedArchitectures.write(folder.resolve("model"), name, DType.F32);
    try (Checkpoint checkpoint = Checkpoints.open(folder.resolve("model"))) {
      ModelLayout layout = ModelLayout.of(checkpoint.config());
      for (LinearLayer layer : layout.linears(0)) {
        boolean added =
            (attention && layer.site().equals(InputSite.ATTENTION_OUTPUT))
                || (mlp && layer.site().equals(InputSite.MLP_OUTPUT));
        assertEquals(added, layout.isAdded(layer), layer.name());
      }
    }
  }

  @Test
  void firstLayersCostNoProducts() throws IOException {
    GeneratedArchitectures.write(folder.resolve("model"), "qwen3", DType.F32);
    try (Checkpoint checkpoint = Checkpoints.open(folder.resolve("model"));
        Compute compute = Compute.create(1);
        Arena arena = Arena.ofShared()) {
      ModelLayout layout = ModelLayout.of(checkpoint.config());
      TransformerModel norms =
          new TransformerModel(
              layout,
              name -> {
                assertTrue(name.endsWith("norm.weight"), name);
                return checkpoint.tensor(name);
              },
              compute);
      Matrix h = RandomMatrices.of(Kind.GAUSSIAN, LENGTH, layout.config().hiddenSize(), 1, arena);
      for (Step step : layout.steps()) {
        List<LinearLayer> first =
            layers(layout, step).stream().filter(l -> l.site().next().isPresent()).toList();
        try (StepMoments moments = new StepMoments(layout, first, false, Set.of(), compute)) {
          moments.observe(
              new Stream(norms.step(0, step, arena), h, false),
              Optional.empty(),
              TokenWeights.ones(LENGTH),
              LENGTH);
          assertEquals(LENGTH, moments.inputs(first.getFirst().site()).tokens());
        }
      }
    }
  }
}
