// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.stored;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.tensor.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReadAheadTest {
  @TempDir private Path folder;

  /** What is wrong with a file is told by whoever decodes it: reading ahead must end in peace. */
  @Test
  void shortAndMissingFilesEndInPeace() throws Exception {
    Path file = Files.write(folder.resolve("weights"), new byte[3_000_000]);
    try (Arena arena = Arena.ofConfined();
        ReadAhead ahead = new ReadAhead()) {
      MemorySegment data = arena.allocate(4_000_000);
      TensorView whole = view(file, 0, data.asSlice(0, 3_000_000));
      TensorView beyondTheEnd = view(file, 8, data);
      TensorView missing = view(folder.resolve("none"), 0, data);
      Future<?> done = ahead.fetch(List.of(whole, beyondTheEnd, missing));
      // A task that failed would throw here.
      done.get(1, TimeUnit.MINUTES);
      assertTrue(done.isDone());
    }
  }

  private static TensorView view(Path file, long offset, MemorySegment data) {
    return new TensorView("t", DType.U8, List.of(data.byteSize()), file, offset, data);
  }
}
