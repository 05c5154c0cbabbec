// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.compute.KernelProvider;
import dev.awp.fixture.ForkedJvm;
import dev.awp.fixture.GeneratedCheckpoint;
import dev.awp.tensor.DType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Peak memory is that of activations and a few layers, however many blocks the model has. */
@Tag("demo")
class MemoryTest {
  @TempDir private Path folder;

  /** Compresses in a JVM of its own and prints the peak of its resident memory in KiB. */
  static final class Probe {
    private Probe() {}

    public static void main(String[] arguments) throws Exception {
      int exitCode =
          dev.awp.cli.Main.execute(
              new java.io.PrintWriter(System.out, true, java.nio.charset.StandardCharsets.UTF_8),
              new java.io.PrintWriter(System.err, true, java.nio.charset.StandardCharsets.UTF_8),
              arguments);
      for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
        if (line.startsWith("VmHWM:")) {
          System.out.println("peak " + line.replaceAll("[^0-9]", ""));
        }
      }
      System.exit(exitCode);
    }
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void sixtyFourBlocksNeedNoMoreThanEight() throws Exception {
    Path text = Files.writeString(folder.resolve("text.txt"), "Words, and more words. ".repeat(99));
    long small = peakOf(8, text);
    long large = peakOf(64, text);
    // The larger model has 56 blocks of 1.3 MB more, 74 MB of float32. Half of that is allowed: the
    // compilers' memory is part of the peak and varies by 26 MB from run to run.
    assertTrue(
        large - small < 37 * 1024,
        "8 blocks need " + small + " KiB, 64 blocks need " + large + " KiB");
  }

  private long peakOf(int blocks, Path text) throws Exception {
    Path model = folder.resolve("model-" + blocks);
    new GeneratedCheckpoint(blocks, 128, 712, 2, 2, DType.F32).write(model);
    List<String> flags = new ArrayList<>();
    if (!KernelProvider.kernels().name().equals("scalar")) {
      flags.add("--add-modules=jdk.incubator.vector");
    }
    flags.addAll(
        List.of(
            "-Xmx48m",
            "-Xms48m",
            "-XX:+AlwaysPreTouch",
            "-XX:+UseSerialGC",
            "-XX:ReservedCodeCacheSize=48m",
            "-Dawp.blas=" + System.getProperty("awp.blas", "java"),
            "-Dawp.cache=" + System.getProperty("awp.cache", folder.toString())));
    ForkedJvm.Result result =
        ForkedJvm.run(
            flags,
            Probe.class,
            "compress",
            model.toString(),
            folder.resolve("out-" + blocks).toString(),
            "--sparsity=0.5",
            "--solver=magnitude",
            "--calibration=" + text,
            "--sequences=2",
            "--sequence-length=16",
            "--quiet");
    assertEquals(0, result.exitCode(), result.errors());
    String last = result.lines().getLast();
    assertTrue(last.startsWith("peak "), last);
    return Long.parseLong(last.substring("peak ".length()));
  }
}
