// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.architecture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.fixture.ForkedJvm;
import dev.awp.fixture.GeneratedCheckpoint;
import dev.awp.tensor.DType;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** awp runs as modules too: options are bound, JSON is read and written, native libraries load. */
@Tag("architecture")
class ModulePathTest {
  private static final Pattern TEST_LIBRARY =
      Pattern.compile(".*(junit|jqwik|archunit|opentest4j|apiguardian|test-classes|surefire).*");

  @TempDir private Path folder;

  private static String modulePath() {
    return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
        .filter(entry -> !TEST_LIBRARY.matcher(entry).matches())
        .collect(Collectors.joining(File.pathSeparator));
  }

  private static ForkedJvm.Result awp(String... arguments) throws Exception {
    Stream<String> flags =
        Stream.of(
            "--add-exports=java.base/jdk.internal.module=dev.awp.core", // no flag that warns
            "-Dawp.kernels=vector",
            "-Dawp.blas=java",
            "--module-path",
            modulePath(),
            "--module",
            "dev.awp.core/dev.awp.cli.Main");
    return ForkedJvm.java(Stream.concat(flags, Stream.of(arguments)).toList());
  }

  @Test
  void compressRunsOnTheModulePath() throws Exception {
    Path model = folder.resolve("model");
    new GeneratedCheckpoint(1, 16, 24, 2, 1, DType.BF16).write(model);
    Path text = Files.writeString(folder.resolve("text.txt"), "Some words. ".repeat(60));
    String output = folder.resolve("out").toString();
    ForkedJvm.Result compressed =
        awp(
            "compress",
            model.toString(),
            output,
            "--bits",
            "4",
            "--calibration",
            text.toString(),
            "--sequence-length",
            "32",
            "--sequences",
            "4");
    assertEquals(0, compressed.exitCode(), compressed.errors());
    for (List<String> command :
        List.of(List.of("report", output), List.of("inspect", output, "--json"))) {
      ForkedJvm.Result result = awp(command.toArray(String[]::new));
      assertEquals(0, result.exitCode(), result.errors());
    }
    assertTrue(awp("--version").lines().getFirst().startsWith("awp "));
  }
}
