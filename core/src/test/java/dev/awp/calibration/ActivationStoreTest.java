// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.calibration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.checkpoint.Checkpoint;
import dev.awp.checkpoint.registry.Checkpoints;
import dev.awp.compute.Compute;
import dev.awp.fixture.GeneratedArchitectures;
import dev.awp.model.ModelLayout;
import dev.awp.model.forward.TransformerModel;
import dev.awp.tensor.DType;
import dev.awp.tensor.Matrix;
import dev.awp.text.TokenWeights;
import dev.awp.text.TokenWindow;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Room beside the hidden states. */
class ActivationStoreTest {
  private static final int ROWS = 3000;

  @TempDir private Path folder;

  @Test
  void roomIsUsedAgainAndGoneWithTheStore() throws IOException {
    GeneratedArchitectures.write(folder.resolve("model"), "qwen3", DType.F32);
    Path scratch = Files.createDirectory(folder.resolve("scratch"));
    try (Checkpoint checkpoint = Checkpoints.open(folder.resolve("model"));
        Compute compute = Compute.create(1)) {
      ModelLayout layout = ModelLayout.of(checkpoint.config());
      TransformerModel model = new TransformerModel(layout, checkpoint::tensor, compute);
      TokenWindow window = new TokenWindow(new int[ROWS], TokenWeights.ones(ROWS), new int[0]);
      List<TokenWindow> windows = List.of(window);
      try (ActivationStore store = ActivationStore.embed(model, windows, scratch)) {
        Matrix narrow = store.room(5).orElseThrow();
        assertEquals(ROWS, narrow.rows());
        assertEquals(5, narrow.columns());
        Matrix wide = store.room(7).orElseThrow();
        assertEquals(7, wide.columns());
        wide.set(0, 4, 9);
        Matrix again = store.room(5).orElseThrow();
        assertEquals(5, again.columns());
        assertEquals(9, again.get(0, 4));
        // Rows of 8 GiB each.
        assertEquals(Optional.empty(), store.room(Integer.MAX_VALUE));
      }
      try (Stream<Path> left = Files.list(scratch)) {
        assertTrue(left.findAny().isEmpty());
      }
    }
  }
}
