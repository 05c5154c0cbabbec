// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.compute.KernelProvider;
import dev.awp.fixture.ForkedJvm;
import dev.awp.fixture.GeneratedCheckpoint;
import dev.awp.tensor.DType;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
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

  /**
   * Compresses models, one after the other in a JVM of their own, and prints the peak of its
   * resident memory in KiB during each. What compilers and caches have taken stays, and is part of
   * all peaks.
   */
  static final class Probe {
    private Probe() {}

    public static void main(String[] models) throws Exception {
      PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
      PrintWriter errors = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
      for (String model : models) {
        Files.writeString(Path.of("/proc/self/clear_refs"), "5"); // the peak begins anew
        int exitCode =
            dev.awp.cli.Main.execute(
                out,
                errors,
                "compress",
                model,
                model + "-out",
                "--sparsity=0.5",
                "--solver=magnitude",
                "--calibration=" + Path.of(model).resolveSibling("text.txt"),
                "--sequences=2",
                "--sequence-length=16",
                "--quiet");
        if (exitCode != 0) {
          System.exit(exitCode);
        }
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
          if (line.startsWith("VmHWM:")) {
            out.println("peak " + line.replaceAll("[^0-9]", ""));
          }
        }
      }
    }
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void sixtyFourBlocksNeedNoMoreThanEight() throws Exception {
    Files.writeString(folder.resolve("text.txt"), "Words, and more words. ".repeat(99));
    List<Long> peaks = peaks(model(8), model(64));
    long small = peaks.get(0);
    long large = peaks.get(1);
    // The larger model has 56 blocks of 1.3 MB more, 74 MB of float32. Half of that is allowed.
    assertTrue(
        large - small < 37 * 1024,
        "8 blocks need " + small + " KiB, 64 blocks need " + large + " KiB");
  }

  private String model(int blocks) throws IOException {
    Path model = folder.resolve("model-" + blocks);
    new GeneratedCheckpoint(blocks, 128, 712, 2, 2, DType.F32).write(model);
    return model.toString();
  }

  private List<Long> peaks(String... models) throws Exception {
    List<String> flags = new ArrayList<>();
    if (!KernelProvider.kernels().name().equals("scalar")) {
      flags.add("--add-modules=jdk.incubator.vector");
    }
    flags.addAll(
        List.of(
            ForkedJvm.ALL_COMPILERS,
            "-Xmx48m",
            "-Xms48m",
            "-XX:+AlwaysPreTouch",
            "-XX:ReservedCodeCacheSize=48m",
            "-Dawp.blas=" + System.getProperty("awp.blas", "java"),
            "-Dawp.cache=" + System.getProperty("awp.cache", folder.toString())));
    ForkedJvm.Result result = ForkedJvm.run(flags, Probe.class, models);
    assertEquals(0, result.exitCode(), result.errors());
    return result.lines().stream()
        .filter(line -> line.startsWith("peak "))
        .map(line -> Long.valueOf(line.substring("peak ".length())))
        .toList();
  }
}
