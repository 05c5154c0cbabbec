// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.ffm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.blas.Blas;
import dev.awp.blas.Blas.Op;
import dev.awp.fixture.ForkedJvm;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The guard itself: products stay what they are, and one value too many ends the JVM. */
@EnabledOnOs(OS.LINUX)
class GuardedBlasTest {
  @TempDir private Path folder;

  /** A product that writes one float behind its result, as a kernel with a wrong tail would. */
  record Overrunning() implements Blas {
    @Override
    public String name() {
      return "overrunning";
    }

    @Override
    public void gemm(Op opA, Op opB, float alpha, Matrix a, Matrix b, float beta, Matrix c) {
      long bytes = c.segment().byteSize();
      c.segment().reinterpret(bytes + Float.BYTES).set(ValueLayout.JAVA_FLOAT, bytes, 1);
    }

    @Override
    public void syrk(float alpha, Matrix a, float beta, Matrix c) {}
  }

  /** Multiplies by it, with the guard or without. */
  static final class Probe {
    private Probe() {}

    public static void main(String[] arguments) {
      Blas blas =
          arguments[0].equals("guarded") ? new GuardedBlas(new Overrunning()) : new Overrunning();
      try (Arena arena = Arena.ofConfined()) {
        // Memory behind this one's end is the arena's too.
        Matrix c = Matrix.allocate(arena, 4, 5).rowRange(0, 3);
        blas.gemm(Op.NONE, Op.NONE, 1, c, c, 0, c);
      }
      System.out.println("nobody noticed");
    }
  }

  private ForkedJvm.Result probe(String how) throws Exception {
    String log = "-XX:ErrorFile=" + folder.resolve("hs_err.log");
    return ForkedJvm.run(List.of(log, "-XX:-CreateCoredumpOnCrash"), Probe.class, how);
  }

  @Test
  void oneFloatBehindAnOperandEndsTheJvm() throws Exception {
    assertEquals(List.of("nobody noticed"), probe("plain").lines());
    ForkedJvm.Result guarded = probe("guarded");
    assertTrue(guarded.exitCode() != 0, guarded.lines().toString());
    assertTrue(String.join("\n", guarded.lines()).contains("SIGSEGV"), guarded.toString());
  }

  @Test
  void productsOfViewsAreTheSame() {
    Blas plain = Fixtures.openBlas();
    Blas guarded = new GuardedBlas(plain);
    try (Arena arena = Arena.ofConfined()) {
      Matrix a = OpenBlasGuardPageTest.guarded(arena, 7, 11).columnRange(2, 9);
      Matrix b = OpenBlasGuardPageTest.guarded(arena, 7, 13).columnRange(1, 6);
      Matrix c = Matrix.allocate(arena, 7, 9);
      Matrix expected = Matrix.allocate(arena, 7, 9);
      plain.gemm(Op.NONE, Op.NONE, 1, a, b, 1, expected.columnRange(2, 7));
      guarded.gemm(Op.NONE, Op.NONE, 1, a, b, 1, c.columnRange(2, 7));
      assertArrayEquals(expected.toArray(), c.toArray());
      plain.syrk(1, a, 1, expected.columnRange(2, 9));
      guarded.syrk(1, a, 1, c.columnRange(2, 9));
      assertArrayEquals(expected.toArray(), c.toArray());
    }
  }
}
