// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model.forward;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.awp.checkpoint.Checkpoint;
import dev.awp.checkpoint.registry.Checkpoints;
import dev.awp.compute.Compute;
import dev.awp.fixture.GeneratedArchitectures;
import dev.awp.fixture.RandomMatrices;
import dev.awp.fixture.RandomMatrices.Kind;
import dev.awp.model.ModelLayout;
import dev.awp.model.Step;
import dev.awp.model.sublayer.LinearInputs;
import dev.awp.tensor.DType;
import dev.awp.tensor.Matrix;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The end of a step, from what its last layers were shown. */
class StageEndTest {
  /** Two chunks and a part of a third. */
  private static final int WINDOWS = 75;

  private static final int LENGTH = 60;

  @TempDir private Path folder;

  /** Norms of outputs, factors of outputs and biases among them. */
  @ParameterizedTest
  @ValueSource(strings = {"llama", "qwen2", "gemma2", "granite"})
  void givesTheBytesOfTheWholeStep(String name) throws IOException {
    GeneratedArchitectures.write(folder.resolve("model"), name, DType.F32);
    try (Checkpoint checkpoint = Checkpoints.open(folder.resolve("model"));
        Compute compute = Compute.create(2);
        Arena arena = Arena.ofShared()) {
      ModelLayout layout = ModelLayout.of(checkpoint.config());
      TransformerModel model = new TransformerModel(layout, checkpoint::tensor, compute);
      int hidden = layout.config().hiddenSize();
      for (Step step : List.of(Step.ATTENTION, Step.MLP)) {
        Matrix x = RandomMatrices.of(Kind.GAUSSIAN, WINDOWS * LENGTH, hidden, 1, arena);
        Matrix whole = Matrix.copyOf(arena, x.toArray());
        Stage stage = model.step(0, step, arena);
        Stage.End end = stage.end().orElseThrow();
        List<float[]> kept = new ArrayList<>();
        LinearInputs keep =
            (site, inputs) -> {
              if (site.equals(end.site())) {
                kept.addAll(Arrays.asList(inputs.toArray()));
              }
            };
        stage.forward(whole, LENGTH, keep);
        end.forward(Matrix.copyOf(arena, kept.toArray(float[][]::new)), x, LENGTH);
        assertEquals(WINDOWS * LENGTH, kept.size());
        assertArrayEquals(whole.toArray(), x.toArray(), name + " " + step.name());
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"mixtral", "qwen2-moe"})
  void isNoneWhereExpertsAddTheirOutputs(String name) throws IOException {
    assertEquals(List.of(Step.ATTENTION), stepsWithEnds(name));
  }

  @ParameterizedTest
  @ValueSource(strings = {"cohere"})
  void isNoneWhereTwoStepsAddTheirOutputsTogether(String name) throws IOException {
    assertEquals(List.of(), stepsWithEnds(name));
  }

  private List<Step> stepsWithEnds(String name) throws IOException {
    GeneratedArchitectures.write(folder.resolve("model"), name, DType.F32);
    try (Checkpoint checkpoint = Checkpoints.open(folder.resolve("model"));
        Compute compute = Compute.create(1);
        Arena arena = Arena.ofShared()) {
      ModelLayout layout = ModelLayout.of(checkpoint.config());
      TransformerModel model = new TransformerModel(layout, checkpoint::tensor, compute);
      return Stream.of(Step.ATTENTION, Step.MLP)
          .filter(step -> model.step(0, step, arena).end().isPresent())
          .toList();
    }
  }
}
