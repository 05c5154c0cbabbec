// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.walk;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.awp.blas.CountingBlas;
import dev.awp.compress.CompressionListener;
import dev.awp.compress.CompressionOptions;
import dev.awp.compress.CompressionOptions.Calibration;
import dev.awp.compress.ConstraintOptions;
import dev.awp.compress.Propagation;
import dev.awp.compress.Target;
import dev.awp.compute.Compute;
import dev.awp.fixture.GeneratedCheckpoint;
import dev.awp.tensor.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How often activations are multiplied with each weight on their way through the model. */
class PassesTest {
  private static final int BLOCKS = 3;
  private static final int HIDDEN = 32;
  private static final int INTERMEDIATE = 48;
  private static final int WINDOWS = 6;
  private static final int LENGTH = 64;

  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({"COMPRESSED, PROPAGATED, 2", "COMPRESSED, DENSE, 1", "DENSE, DENSE, 1"})
  void everyStreamGoesThroughEveryWeightOnce(Propagation propagation, Target target, int streams)
      throws IOException {
    Path model = folder.resolve("model");
    new GeneratedCheckpoint(BLOCKS, HIDDEN, INTERMEDIATE, 2, 2, DType.BF16).write(model);
    Path text = Files.writeString(folder.resolve("t.txt"), "Words and more words. ".repeat(200));
    ConstraintOptions bits =
        new ConstraintOptions(
            Optional.empty(), Optional.of(new ConstraintOptions.Grid(4, 16, true)));
    CompressionOptions options =
        CompressionOptions.builder(model, folder.resolve("out"))
            .constraint(bits)
            .calibration(new Calibration(List.of(text), WINDOWS, OptionalInt.of(LENGTH), 0))
            .propagation(propagation)
            .target(target)
            .build();
    try (Compute compute = Compute.create(2)) {
      CountingBlas counting = new CountingBlas(compute.blas());
      Compressor.run(options, "test", compute.with(counting), new CompressionListener() {});
      long block = 4L * HIDDEN * HIDDEN + 3L * HIDDEN * INTERMEDIATE;
      // Nobody sees what the last layer of all delivers.
      long weights = BLOCKS * block - (long) HIDDEN * INTERMEDIATE;
      assertEquals((long) streams * WINDOWS * LENGTH * weights, counting.weights().get());
    }
  }
}
