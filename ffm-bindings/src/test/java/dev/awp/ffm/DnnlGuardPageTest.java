// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.ffm;

import static dev.awp.ffm.OpenBlasGuardPageTest.guarded;

import dev.awp.blas.Blas.Op;
import dev.awp.blas.Precision;
import dev.awp.blas.RightOperand;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** As {@link OpenBlasGuardPageTest}: behind the last float of every operand lies a guard page. */
@EnabledOnOs(OS.LINUX)
class DnnlGuardPageTest {
  private static final int[] SIZES = {1, 3, 15, 16, 17, 33, 65, 103};

  private final Dnnl dnnl = Fixtures.dnnl();

  @Test
  void nothingBehindTheOperandsIsTouched() {
    for (int n : SIZES) {
      for (int k : SIZES) {
        for (Op op : Op.values()) {
          try (Arena arena = Arena.ofConfined()) {
            int m = k == 103 || n == 103 ? 192 : k;
            Matrix b = op == Op.NONE ? guarded(arena, k, n) : guarded(arena, n, k);
            RightOperand operand = Fixtures.prepare(dnnl, Precision.BF16X3, op, b, arena);
            Matrix c = guarded(arena, m, n);
            operand.multiply(guarded(arena, m, k), c);
            operand.multiplyAdd(guarded(arena, m, k), c);
          }
        }
      }
    }
  }
}
