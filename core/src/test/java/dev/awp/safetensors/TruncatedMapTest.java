// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.safetensors;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.AwpException;
import dev.awp.compute.KernelProvider;
import dev.awp.fixture.ForkedJvm;
import dev.awp.stored.TensorReader;
import dev.awp.stored.TensorView;
import dev.awp.tensor.DType;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A page that cannot be read must not take the JVM down, compiled vector code or not. In a JVM of
 * its own, because the failure would end it.
 */
class TruncatedMapTest {
  private static final int COLUMNS = 1 << 16;
  private static final int WARM_UP = 3000;

  @TempDir Path folder;

  @Test
  void pagesThatVanishAreAnError() throws Exception {
    Path file = folder.resolve("weights");
    Files.write(file, new byte[4 * COLUMNS]);
    ForkedJvm.Result result =
        ForkedJvm.run(
            List.of(ForkedJvm.ALL_COMPILERS, "--add-modules", "jdk.incubator.vector"),
            Probe.class,
            file.toString());
    assertEquals(0, result.exitCode(), result.errors());
    assertTrue(result.lines().getLast().contains("tensor w cannot be read"), result.errors());
  }

  /** Reads a mapped tensor until the decoder is compiled, cuts the file off, and reads again. */
  static final class Probe {
    private Probe() {}

    public static void main(String[] arguments) throws IOException {
      Path file = Path.of(arguments[0]);
      Path other = Files.write(file.resolveSibling("uncut"), new byte[4 * COLUMNS]);
      TensorReader reader = new TensorReader(KernelProvider.kernels());
      try (Arena arena = Arena.ofConfined();
          FileChannel channel =
              FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
        MemorySegment map = channel.map(MapMode.READ_ONLY, 0, 4L * COLUMNS, arena);
        // The other file's length hides the cut from the check that comes before the read.
        TensorView view =
            new TensorView("w", DType.BF16, List.of(2L, (long) COLUMNS), other, 0, map);
        for (int i = 0; i < WARM_UP; i++) {
          try (Arena one = Arena.ofConfined()) {
            reader.matrix(view, one);
          }
        }
        channel.truncate(0);
        reader.matrix(view, arena);
      } catch (AwpException e) {
        System.out.println(e.getMessage());
      }
    }
  }
}
