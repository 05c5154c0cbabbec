// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.kernel.scalar;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.kernel.ArithmeticKernels;
import dev.awp.kernel.Extents;
import java.lang.foreign.MemorySegment;

/** Arithmetic, defined element by element. */
final class ScalarArithmetic implements ArithmeticKernels {
  private static final int PANEL_ROWS = 4;
  private static final int PANEL_COLUMNS = 4;

  @Override
  public void add(MemorySegment x, MemorySegment y, MemorySegment out) {
    int n = checked(x, y, out);
    for (int i = 0; i < n; i++) {
      out.setAtIndex(JAVA_FLOAT, i, x.getAtIndex(JAVA_FLOAT, i) + y.getAtIndex(JAVA_FLOAT, i));
    }
  }

  @Override
  public void subtract(MemorySegment x, MemorySegment y, MemorySegment out) {
    int n = checked(x, y, out);
    for (int i = 0; i < n; i++) {
      out.setAtIndex(JAVA_FLOAT, i, x.getAtIndex(JAVA_FLOAT, i) - y.getAtIndex(JAVA_FLOAT, i));
    }
  }

  @Override
  public void multiply(MemorySegment x, MemorySegment y, MemorySegment out) {
    int n = checked(x, y, out);
    for (int i = 0; i < n; i++) {
      out.setAtIndex(JAVA_FLOAT, i, x.getAtIndex(JAVA_FLOAT, i) * y.getAtIndex(JAVA_FLOAT, i));
    }
  }

  @Override
  public void scale(MemorySegment x, float factor, MemorySegment out) {
    int n = checked(x, x, out);
    for (int i = 0; i < n; i++) {
      out.setAtIndex(JAVA_FLOAT, i, x.getAtIndex(JAVA_FLOAT, i) * factor);
    }
  }

  @Override
  public void multiplyAdd(float factor, MemorySegment x, MemorySegment y, MemorySegment out) {
    int n = checked(x, y, out);
    for (int i = 0; i < n; i++) {
      float sum = Math.fma(factor, x.getAtIndex(JAVA_FLOAT, i), y.getAtIndex(JAVA_FLOAT, i));
      out.setAtIndex(JAVA_FLOAT, i, sum);
    }
  }

  @Override
  public void addProduct(MemorySegment x, MemorySegment y, MemorySegment sum) {
    int n = checked(x, y, sum);
    for (int i = 0; i < n; i++) {
      float total =
          Math.fma(
              x.getAtIndex(JAVA_FLOAT, i),
              y.getAtIndex(JAVA_FLOAT, i),
              sum.getAtIndex(JAVA_FLOAT, i));
      sum.setAtIndex(JAVA_FLOAT, i, total);
    }
  }

  @Override
  public void addOuter(MemorySegment factors, MemorySegment x, MemorySegment rows) {
    int count = Extents.floats(factors);
    int n = Extents.floats(x);
    Extents.check("rows", rows, (long) count * n, Float.BYTES);
    for (int k = 0; k < count; k++) {
      float factor = factors.getAtIndex(JAVA_FLOAT, k);
      for (int i = 0; i < n; i++) {
        long at = (long) k * n + i;
        float sum = Math.fma(factor, x.getAtIndex(JAVA_FLOAT, i), rows.getAtIndex(JAVA_FLOAT, at));
        rows.setAtIndex(JAVA_FLOAT, at, sum);
      }
    }
  }

  @Override
  public void transpose(
      MemorySegment x, int stride, MemorySegment out, int outStride, int rows, int columns) {
    Extents.checkRows("x", x, rows, columns, stride);
    Extents.checkRows("out", out, columns, rows, outStride);
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        float value = x.getAtIndex(JAVA_FLOAT, (long) i * stride + j);
        out.setAtIndex(JAVA_FLOAT, (long) j * outStride + i, value);
      }
    }
  }

  @Override
  public void accumulate(MemorySegment x, MemorySegment sum) {
    int n = Extents.floats(x);
    Extents.check("sum", sum, n, Double.BYTES);
    for (int i = 0; i < n; i++) {
      double total = sum.getAtIndex(JAVA_DOUBLE, i) + x.getAtIndex(JAVA_FLOAT, i);
      sum.setAtIndex(JAVA_DOUBLE, i, total);
    }
  }

  @Override
  public double dot(MemorySegment x, MemorySegment y) {
    int n = checked(x, y, x);
    double sum = 0;
    for (int i = 0; i < n; i++) {
      sum += (double) x.getAtIndex(JAVA_FLOAT, i) * y.getAtIndex(JAVA_FLOAT, i);
    }
    return sum;
  }

  @Override
  public long firstNonFinite(MemorySegment x) {
    int n = Extents.floats(x);
    for (int i = 0; i < n; i++) {
      if (!Float.isFinite(x.getAtIndex(JAVA_FLOAT, i))) {
        return i;
      }
    }
    return -1;
  }

  @Override
  public int panelRows() {
    return PANEL_ROWS;
  }

  @Override
  public int panelColumns() {
    return PANEL_COLUMNS;
  }

  @Override
  public void multiplyPanels(
      int depth, MemorySegment a, MemorySegment b, MemorySegment c, int stride) {
    for (int r = 0; r < PANEL_ROWS; r++) {
      for (int j = 0; j < PANEL_COLUMNS; j++) {
        float sum = 0;
        for (int p = 0; p < depth; p++) {
          float left = a.getAtIndex(JAVA_FLOAT, (long) p * PANEL_ROWS + r);
          sum = Math.fma(left, b.getAtIndex(JAVA_FLOAT, (long) p * PANEL_COLUMNS + j), sum);
        }
        long at = (long) r * stride + j;
        c.setAtIndex(JAVA_FLOAT, at, c.getAtIndex(JAVA_FLOAT, at) + sum);
      }
    }
  }

  private static int checked(MemorySegment x, MemorySegment y, MemorySegment out) {
    int n = Extents.floats(x);
    Extents.checkFloats("the second operand", y, n);
    Extents.checkFloats("the output", out, n);
    return n;
  }
}
