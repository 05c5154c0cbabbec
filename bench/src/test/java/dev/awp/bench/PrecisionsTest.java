// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.fixture.SyntheticWeights;
import dev.awp.tensor.DType;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PrecisionsTest {
  /** Layers this small stay in float32: the same objective in both turns, whatever the times. */
  @Test
  void everyKindOfWorkHasItsLine(@TempDir Path folder) throws Exception {
    String config = LlamaBlock.config(32, 64, 4, 100);
    SyntheticWeights.write(folder, config, DType.BF16, Long.MAX_VALUE);
    List<String> lines = Precisions.table(folder, 256, 32, List.of(1, 2)).lines().toList();
    assertEquals(2 + 2 * 7, lines.size());
    for (String line : lines.subList(2, lines.size())) {
      if (!line.contains("forward")) {
        assertTrue(line.contains("pgd") || line.contains("admm"), line);
        assertTrue(line.contains("| f32 |") && line.endsWith("| 1.0000 |"), line);
      }
    }
  }
}
