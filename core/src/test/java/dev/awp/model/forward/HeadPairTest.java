// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model.forward;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.awp.checkpoint.Checkpoint;
import dev.awp.checkpoint.registry.Checkpoints;
import dev.awp.compute.Compute;
import dev.awp.fixture.LlamaCppArchitectures;
import dev.awp.fixture.SyntheticWeights;
import dev.awp.model.ModelLayout;
import dev.awp.tensor.DType;
import dev.awp.tensor.Matrix;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two heads whose vocabulary goes by in several pieces. */
class HeadPairTest {
  private static final int TOKENS = 6;

  @TempDir private Path folder;

  private Checkpoint open(String golden, int vocabulary) throws IOException {
    Path path = folder.resolve(golden + vocabulary);
    String config = LlamaCppArchitectures.config(golden).put("vocab_size", vocabulary).toString();
    SyntheticWeights.write(path, config, DType.F32, Long.MAX_VALUE);
    return Checkpoints.open(path);
  }

  private static OutputHead head(Checkpoint checkpoint, Compute compute) {
    ModelLayout layout = ModelLayout.of(checkpoint.config());
    return new TransformerModel(layout, checkpoint::tensor, compute).head();
  }

  private static Matrix states(Checkpoint checkpoint, Arena arena) {
    Matrix x = Matrix.allocate(arena, TOKENS, checkpoint.config().hiddenSize());
    for (int i = 0; i < TOKENS; i++) {
      for (int j = 0; j < x.columns(); j++) {
        x.set(i, j, (float) Math.sin(i * 7 + j * (i + 1)));
      }
    }
    return x;
  }

  @Test
  void piecesAreTheWholeVocabulary() throws IOException {
    int vocabulary = 9000;
    int[] targets = {0, 4095, 4096, 8191, 8192, 8999};
    try (Checkpoint first = open("gemma2", vocabulary);
        Checkpoint second = open("qwen3", vocabulary);
        Compute compute = Compute.create(2);
        Arena arena = Arena.ofShared()) {
      OutputHead p = head(first, compute);
      OutputHead q = head(second, compute);
      PairedPredictions pieces =
          HeadPair.of(p, q).compare(states(first, arena), states(second, arena), targets);
      PairedPredictions whole = new PairedPredictions(targets);
      for (int i = 0; i < TOKENS; i++) {
        float[] k = p.logits(states(first, arena).rowRange(i, i + 1));
        float[] l = q.logits(states(second, arena).rowRange(i, i + 1));
        whole.add(i, 0, k, l);
      }
      assertArrayEquals(whole.divergences(), pieces.divergences(), 1e-5);
      assertEquals(whole.sameTop(), pieces.sameTop());
      assertArrayEquals(q.negativeLogLikelihood(states(second, arena), targets), pieces.losses());
      assertArrayEquals(
          p.negativeLogLikelihood(states(first, arena), targets), pieces.referenceLosses());
    }
  }

  @Test
  void vocabulariesAreOfOneSize() throws IOException {
    try (Checkpoint first = open("qwen3", 300);
        Checkpoint second = open("qwen3", 301);
        Compute compute = Compute.create(1)) {
      OutputHead p = head(first, compute);
      OutputHead q = head(second, compute);
      assertThrows(IllegalArgumentException.class, () -> HeadPair.of(p, q));
    }
  }
}
