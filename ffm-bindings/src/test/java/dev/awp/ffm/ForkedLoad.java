// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.ffm;

import dev.awp.blas.Blas.Op;
import dev.awp.blas.BlasProvider.UnavailableException;
import dev.awp.tensor.Matrix;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Loads OpenBLAS in a JVM of its own, since one process loads a library once. */
final class ForkedLoad {
  private static final String LOADED = "loaded ";
  private static final String UNAVAILABLE = "unavailable ";

  private ForkedLoad() {}

  /** In the forked JVM: one line, the file and its core, or the reason. */
  public static void main(String[] arguments) {
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    try (Arena arena = Arena.ofConfined()) {
      OpenBlas blas = (OpenBlas) new OpenBlasProvider().load();
      Matrix a = Matrix.copyOf(arena, new float[] {1, 2}, new float[] {3, 4});
      Matrix c = Matrix.allocate(arena, 2, 2);
      blas.gemm(Op.NONE, Op.NONE, 1f, a, a, 0f, c);
      if (c.get(1, 1) != 22f) {
        throw new AssertionError("3 x 2 + 4 x 4 gave " + c.get(1, 1));
      }
      out.println(LOADED + blas.library().file() + " " + blas.library().core());
    } catch (UnavailableException e) {
      out.println(UNAVAILABLE + e.getMessage());
    }
  }

  /** What the forked JVM is given. */
  record Setting(
      List<String> flags, Map<String, String> environment, List<String> leftOutOfClassPath) {
    static Setting ofFlags(String... flags) {
      return new Setting(List.of(flags), Map.of(), List.of());
    }

    Setting with(String variable, String value) {
      return new Setting(flags, Map.of(variable, value), leftOutOfClassPath);
    }

    Setting withoutJar(String name) {
      return new Setting(flags, environment, List.of(name));
    }

    Running start() {
      List<String> command = new ArrayList<>();
      command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
      command.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
      command.add("--enable-native-access=ALL-UNNAMED");
      command.addAll(flags);
      command.add("-cp");
      command.add(classPath());
      command.add(ForkedLoad.class.getName());
      ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
      builder.environment().putAll(environment);
      try {
        return new Running(builder.start());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    Result run() {
      return start().result();
    }

    private String classPath() {
      String separator = System.getProperty("path.separator");
      List<String> entries =
          List.of(System.getProperty("java.class.path").split(separator, -1)).stream()
              .filter(entry -> leftOutOfClassPath.stream().noneMatch(entry::contains))
              .toList();
      return String.join(separator, entries);
    }
  }

  record Running(Process process) {
    Result result() {
      try {
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
          throw new AssertionError("exit code " + process.exitValue() + ": " + output);
        }
        return new Result(output);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new AssertionError(e);
      }
    }
  }

  record Result(String output) {
    /** The reason, if the library was refused. */
    String reason() {
      return line(UNAVAILABLE);
    }

    Path file() {
      String line = line(LOADED);
      return Path.of(line.substring(0, line.lastIndexOf(' ')));
    }

    String core() {
      String line = line(LOADED);
      return line.substring(line.lastIndexOf(' ') + 1);
    }

    private String line(String prefix) {
      return output
          .lines()
          .filter(line -> line.startsWith(prefix))
          .findFirst()
          .map(line -> line.substring(prefix.length()))
          .orElseThrow(() -> new AssertionError("no line '" + prefix + "' in: " + output));
    }
  }
}
