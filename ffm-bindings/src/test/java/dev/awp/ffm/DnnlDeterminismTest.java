// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.ffm;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.awp.blas.Blas;
import dev.awp.blas.Blas.Op;
import dev.awp.blas.ParallelBlas;
import dev.awp.blas.Precision;
import dev.awp.blas.RightOperand;
import dev.awp.blas.RowSource;
import dev.awp.blas.mixed.MixedBlas;
import dev.awp.parallel.Workers;
import dev.awp.tensor.Matrix;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A row of a product is the same bytes whatever rows a call covers and whatever thread runs it. */
class DnnlDeterminismTest {
  private final Dnnl dnnl = Fixtures.dnnl();

  @ParameterizedTest
  @EnumSource(
      value = Precision.class,
      names = {"BF16", "BF16X3"})
  void howRowsAreSharedOutDoesNotMatter(Precision precision) {
    try (Arena arena = Arena.ofShared()) {
      Matrix a = Fixtures.random(arena, 1031, 352, 0, 1);
      Matrix b = Fixtures.random(arena, 103, 352, 0, 2);
      RightOperand operand = Fixtures.prepare(dnnl, precision, Op.TRANSPOSE, b, arena);
      Matrix expected = Matrix.allocate(arena, 1031, 103);
      operand.multiply(a, expected);
      for (int part : new int[] {1, 48, 191, 192, 193, 500}) {
        Matrix c = Matrix.allocate(arena, 1031, 103);
        for (int from = 0; from < 1031; from += part) {
          int to = Math.min(1031, from + part);
          operand.multiply(a.rowRange(from, to), c.rowRange(from, to));
        }
        assertEquals(-1, expected.segment().mismatch(c.segment()), "parts of " + part);
      }
    }
  }

  @Test
  void theNumberOfThreadsDoesNotMatter() {
    Blas blas = new MixedBlas(Fixtures.openBlas(), dnnl, Precision.BF16X3);
    try (Arena arena = Arena.ofShared()) {
      Matrix a = Fixtures.random(arena, 2100, 403, 0, 1);
      for (Op op : Op.values()) {
        Matrix b =
            Fixtures.random(arena, op == Op.NONE ? 403 : 421, op == Op.NONE ? 421 : 403, 0, 2);
        Matrix expected = Matrix.allocate(arena, 2100, 421);
        Fixtures.prepare(dnnl, Precision.BF16X3, op, b, arena).multiply(a, expected);
        for (int threads : new int[] {1, 2, 3, 4}) {
          try (Workers workers = new Workers(threads)) {
            Matrix c = Matrix.allocate(arena, 2100, 421);
            new ParallelBlas(blas, workers)
                .prepare(op, RowSource.of(b), workers, arena)
                .multiply(a, c);
            assertEquals(-1, expected.segment().mismatch(c.segment()), threads + " threads");
          }
        }
      }
    }
  }

  /** OpenMP would start as many threads as there are cores, for every thread that calls. */
  @Test
  @EnabledOnOs(OS.LINUX)
  void callsStartNoThreads() throws IOException {
    try (Arena arena = Arena.ofShared();
        Workers workers = new Workers(3)) {
      Matrix a = Fixtures.random(arena, 1152, 256, 0, 1);
      Matrix c = Matrix.allocate(arena, 1152, 256);
      RightOperand operand =
          Fixtures.prepare(dnnl, Precision.BF16, Op.NONE, a.rowRange(0, 256), arena);
      for (int run = 0; run < 3; run++) {
        workers.forEachBlock(
            6,
            1,
            (from, to) ->
                operand.multiply(
                    a.rowRange(from * 192, to * 192), c.rowRange(from * 192, to * 192)));
      }
      assertEquals(List.of(), twins());
    }
  }

  /** A thread that OpenMP starts has the name of the one that starts it. */
  private static List<String> twins() throws IOException {
    try (Stream<Path> tasks = Files.list(Path.of("/proc/self/task"))) {
      List<String> names = tasks.map(DnnlDeterminismTest::name).toList();
      return names.stream()
          .filter(name -> name.startsWith("awp-worker"))
          .filter(name -> Collections.frequency(names, name) > 1)
          .toList();
    }
  }

  private static String name(Path task) {
    try {
      return Files.readString(task.resolve("comm")).strip();
    } catch (IOException e) {
      return "gone";
    }
  }
}
