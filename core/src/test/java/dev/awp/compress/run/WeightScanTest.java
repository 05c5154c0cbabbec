// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.AwpException;
import dev.awp.checkpoint.Checkpoint;
import dev.awp.checkpoint.registry.Checkpoints;
import dev.awp.compute.Compute;
import dev.awp.disk.FileDigest;
import dev.awp.disk.Sha256;
import dev.awp.fixture.GeneratedCheckpoint;
import dev.awp.model.ModelLayout;
import dev.awp.tensor.DType;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Weights are summed and checked in one reading. */
class WeightScanTest {
  @TempDir private Path folder;
  private Path model;

  @BeforeEach
  void generate() throws IOException {
    model = folder.resolve("model");
    new GeneratedCheckpoint(2, 16, 24, 2, 1, DType.F32).write(model, 12_000);
  }

  private static Set<String> all(Checkpoint checkpoint) {
    return ModelLayout.of(checkpoint.config()).shapes().keySet();
  }

  @Test
  void sumsAreThoseOfTheWholeFilesOnAnyNumberOfThreads() {
    for (int threads = 1; threads <= 4; threads++) {
      try (Checkpoint checkpoint = Checkpoints.open(model);
          Compute compute = Compute.create(threads)) {
        Map<Path, String> sums = new WeightScan(checkpoint, compute).sums(all(checkpoint));
        assertTrue(sums.size() > 2, sums.toString());
        sums.forEach((file, sum) -> assertEquals(Sha256.of(file), sum));
        assertEquals(sums, new WeightScan(checkpoint, compute).sums(Set.of()));
      }
    }
  }

  @Test
  void aValueThatIsNotFiniteIsRefusedWhereItIsLookedFor() throws IOException {
    Path file;
    String name = "model.layers.1.mlp.down_proj.weight";
    try (Checkpoint checkpoint = Checkpoints.open(model)) {
      file = checkpoint.view(name).file();
      try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
        bytes.seek(checkpoint.view(name).fileOffset() + (5L * 24 + 7) * Float.BYTES);
        bytes.writeInt(Integer.reverseBytes(Float.floatToIntBits(Float.NaN)));
      }
    }
    try (Checkpoint checkpoint = Checkpoints.open(model);
        Compute compute = Compute.create(2)) {
      WeightScan scan = new WeightScan(checkpoint, compute);
      String rule = file + ": tensor " + name + " holds NaN at [5, 7], weights must be finite";
      Set<String> all = all(checkpoint);
      assertEquals(rule, assertThrows(AwpException.class, () -> scan.sums(all)).getMessage());
      assertEquals(rule, assertThrows(AwpException.class, () -> scan.check(all)).getMessage());
      assertEquals(Sha256.of(file), scan.sums(Set.of("model.norm.weight")).get(file));
    }
  }

  @Test
  void aFileThatEndsEarlyIsRefused() throws IOException {
    Path file = Files.write(folder.resolve("bytes"), new byte[3_000_000]);
    try (FileDigest digest = FileDigest.open(file)) {
      digest.readTo(1);
      digest.readTo(2_500_000);
      assertEquals(Sha256.of(file), digest.finish());
    }
    try (FileDigest digest = FileDigest.open(file)) {
      String told = assertThrows(AwpException.class, () -> digest.readTo(3_000_001)).getMessage();
      assertEquals(file + ": cannot be read: the file ended at 3000000", told);
    }
    Path none = folder.resolve("none");
    assertThrows(AwpException.class, () -> FileDigest.open(none));
  }
}
