// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.inspect.values;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.compute.Compute;
import dev.awp.fixture.TensorFolder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Differences that are known. */
class DifferenceTest {
  @TempDir private Path folder;

  private static Difference between(Path before, Path after) {
    try (Compute compute = Compute.create(2)) {
      return Difference.of(before, after, compute);
    }
  }

  @Test
  void everyKindOfDifferenceIsTold() throws IOException {
    Path before =
        new TensorFolder()
            .floats("same.weight", List.of(1L, 2L), 1, Float.NaN)
            .floats("changed.weight", List.of(2L, 2L), 3, 4, 0, 0)
            .floats("shape.weight", List.of(1L, 2L), 1, 2)
            .floats("gone.weight", List.of(1L), 1)
            .write(folder.resolve("a"));
    Path after =
        new TensorFolder()
            .floats("same.weight", List.of(1L, 2L), 1, Float.NaN)
            .halves("changed.weight", List.of(2L, 2L), 3, 0, -0f, 3)
            .floats("shape.weight", List.of(2L, 1L), 1, 2)
            .floats("new.weight", List.of(1L), 1)
            .write(folder.resolve("b"));
    Difference difference = between(before, after);
    assertEquals(List.of("gone.weight"), difference.onlyBefore());
    assertEquals(List.of("new.weight"), difference.onlyAfter());
    assertEquals(3, difference.weights().size());
    for (Difference.Entry entry : difference.weights()) {
      switch (entry.name()) {
        case "same.weight" -> assertTrue(entry.isSame());
        case "shape.weight" -> assertTrue(entry.values().isEmpty() && !entry.isSame());
        default -> {
          assertFalse(entry.isSame());
          assertEquals(new ValueDifference(1, 0.5, 4, 0.5, 0.5), entry.values().orElseThrow());
          assertEquals("F32", entry.before().storage());
          assertEquals("F16", entry.after().storage());
        }
      }
    }
  }

  /** A packed layer and the dense one that it stands for do not differ in value. */
  @Test
  void packedAndDenseAreComparedByValue() throws IOException {
    Path dense =
        new TensorFolder()
            .floats("l.weight", List.of(1L, 8L), -8, -7, -6, -5, -4, -3, -2, -1)
            .write(folder.resolve("dense"));
    Path packed =
        new TensorFolder()
            .words("l.weight_packed", List.of(1L, 1L), 0x76543210)
            .floats("l.weight_scale", List.of(1L, 1L), 1)
            .longs("l.weight_shape", List.of(2L), 1, 8)
            .write(folder.resolve("packed"));
    Difference difference = between(dense, packed);
    Difference.Entry entry = difference.weights().getFirst();
    assertEquals(new ValueDifference(0, 0, 0, 0, 0), entry.values().orElseThrow());
    assertEquals("int4 g8 (compressed-tensors)", entry.after().storage());
  }
}
