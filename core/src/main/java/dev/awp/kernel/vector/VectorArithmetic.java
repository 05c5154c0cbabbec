// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.kernel.vector;

import static dev.awp.kernel.vector.Lanes.COUNT;
import static dev.awp.kernel.vector.Lanes.DOUBLES;
import static dev.awp.kernel.vector.Lanes.FLOATS;
import static dev.awp.kernel.vector.Lanes.INTS;
import static dev.awp.kernel.vector.Lanes.NATIVE;

import dev.awp.kernel.ArithmeticKernels;
import dev.awp.kernel.Extents;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.stream.IntStream;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/** Arithmetic on whole vectors; the last, partial one under a mask. */
final class VectorArithmetic implements ArithmeticKernels {
  private static final int PANEL_ROWS = 6;

  /** Rows of an outer product that are added to together. */
  private static final int ROWS_AT_ONCE = 4;

  /** Bytes from one depth of a packed panel of A to the next. */
  private static final long ROW_STEP = (long) PANEL_ROWS * Float.BYTES;

  /** Bytes from one depth of a packed panel of B to the next: two vectors. */
  private static final long PANEL_STEP = 2L * COUNT * Float.BYTES;

  private static final long HALF_STEP = PANEL_STEP / 2;

  /** Floats from one row of a square to the next where it is transposed. */
  private static final int SQUARE_STRIDE = COUNT + 1;

  /** Places of a square's first column. */
  private static final int[] COLUMN =
      IntStream.range(0, COUNT).map(i -> i * SQUARE_STRIDE).toArray();

  @Override
  public void add(MemorySegment x, MemorySegment y, MemorySegment out) {
    int n = checked(x, y, out);
    int i = 0;
    for (; i < FLOATS.loopBound(n); i += COUNT) {
      Lanes.store(Lanes.load(x, i).add(Lanes.load(y, i)), out, i);
    }
    if (i < n) {
      VectorMask<Float> tail = FLOATS.indexInRange(i, n);
      Lanes.store(Lanes.load(x, i, tail).add(Lanes.load(y, i, tail)), out, i, tail);
    }
  }

  @Override
  public void subtract(MemorySegment x, MemorySegment y, MemorySegment out) {
    int n = checked(x, y, out);
    int i = 0;
    for (; i < FLOATS.loopBound(n); i += COUNT) {
      Lanes.store(Lanes.load(x, i).sub(Lanes.load(y, i)), out, i);
    }
    if (i < n) {
      VectorMask<Float> tail = FLOATS.indexInRange(i, n);
      Lanes.store(Lanes.load(x, i, tail).sub(Lanes.load(y, i, tail)), out, i, tail);
    }
  }

  @Override
  public void multiply(MemorySegment x, MemorySegment y, MemorySegment out) {
    int n = checked(x, y, out);
    int i = 0;
    for (; i < FLOATS.loopBound(n); i += COUNT) {
      Lanes.store(Lanes.load(x, i).mul(Lanes.load(y, i)), out, i);
    }
    if (i < n) {
      VectorMask<Float> tail = FLOATS.indexInRange(i, n);
      Lanes.store(Lanes.load(x, i, tail).mul(Lanes.load(y, i, tail)), out, i, tail);
    }
  }

  @Override
  public void scale(MemorySegment x, float factor, MemorySegment out) {
    int n = checked(x, x, out);
    int i = 0;
    for (; i < FLOATS.loopBound(n); i += COUNT) {
      Lanes.store(Lanes.load(x, i).mul(factor), out, i);
    }
    if (i < n) {
      VectorMask<Float> tail = FLOATS.indexInRange(i, n);
      Lanes.store(Lanes.load(x, i, tail).mul(factor), out, i, tail);
    }
  }

  @Override
  public void multiplyAdd(float factor, MemorySegment x, MemorySegment y, MemorySegment out) {
    int n = checked(x, y, out);
    FloatVector factors = FloatVector.broadcast(FLOATS, factor);
    int i = 0;
    for (; i < FLOATS.loopBound(n); i += COUNT) {
      Lanes.store(factors.fma(Lanes.load(x, i), Lanes.load(y, i)), out, i);
    }
    if (i < n) {
      VectorMask<Float> tail = FLOATS.indexInRange(i, n);
      FloatVector sum = factors.fma(Lanes.load(x, i, tail), Lanes.load(y, i, tail));
      Lanes.store(sum, out, i, tail);
    }
  }

  @Override
  public void addProduct(MemorySegment x, MemorySegment y, MemorySegment sum) {
    int n = checked(x, y, sum);
    int i = 0;
    for (; i < FLOATS.loopBound(n); i += COUNT) {
      Lanes.store(Lanes.load(x, i).fma(Lanes.load(y, i), Lanes.load(sum, i)), sum, i);
    }
    if (i < n) {
      VectorMask<Float> tail = FLOATS.indexInRange(i, n);
      FloatVector total =
          Lanes.load(x, i, tail).fma(Lanes.load(y, i, tail), Lanes.load(sum, i, tail));
      Lanes.store(total, sum, i, tail);
    }
  }

  @Override
  public void addOuter(MemorySegment factors, MemorySegment x, MemorySegment rows) {
    int count = Extents.floats(factors);
    int n = Extents.floats(x);
    Extents.check("rows", rows, (long) count * n, Float.BYTES);
    int k = 0;
    for (; k <= count - ROWS_AT_ONCE; k += ROWS_AT_ONCE) {
      addToFour(factors, k, x, n, rows);
    }
    for (; k < count; k++) {
      addScaled(factors.getAtIndex(ValueLayout.JAVA_FLOAT, k), x, n, rows, (long) k * n);
    }
  }

  /** Four rows share the loads of x, and the cost of a loop over a short row. */
  private static void addToFour(
      MemorySegment factors, int k, MemorySegment x, int n, MemorySegment rows) {
    FloatVector f0 = broadcast(factors, k);
    FloatVector f1 = broadcast(factors, k + 1);
    FloatVector f2 = broadcast(factors, k + 2);
    FloatVector f3 = broadcast(factors, k + 3);
    long stride = (long) n * Float.BYTES;
    int i = 0;
    for (; i < FLOATS.loopBound(n); i += COUNT) {
      long at = k * stride + (long) i * Float.BYTES;
      FloatVector some = Lanes.load(x, i);
      addRow(f0, some, rows, at);
      addRow(f1, some, rows, at + stride);
      addRow(f2, some, rows, at + 2 * stride);
      addRow(f3, some, rows, at + 3 * stride);
    }
    if (i < n) {
      VectorMask<Float> tail = FLOATS.indexInRange(i, n);
      long at = k * stride + (long) i * Float.BYTES;
      FloatVector some = Lanes.load(x, i, tail);
      addRow(f0, some, rows, at, tail);
      addRow(f1, some, rows, at + stride, tail);
      addRow(f2, some, rows, at + 2 * stride, tail);
      addRow(f3, some, rows, at + 3 * stride, tail);
    }
  }

  private static FloatVector broadcast(MemorySegment factors, int k) {
    return FloatVector.broadcast(FLOATS, factors.getAtIndex(ValueLayout.JAVA_FLOAT, k));
  }

  private static void addRow(FloatVector factor, FloatVector x, MemorySegment sum, long at) {
    FloatVector before = FloatVector.fromMemorySegment(FLOATS, sum, at, Lanes.NATIVE);
    factor.fma(x, before).intoMemorySegment(sum, at, Lanes.NATIVE);
  }

  private static void addRow(
      FloatVector factor, FloatVector x, MemorySegment sum, long at, VectorMask<Float> tail) {
    FloatVector before = FloatVector.fromMemorySegment(FLOATS, sum, at, Lanes.NATIVE, tail);
    factor.fma(x, before).intoMemorySegment(sum, at, Lanes.NATIVE, tail);
  }

  private static void addScaled(float factor, MemorySegment x, int n, MemorySegment out, long at) {
    FloatVector factors = FloatVector.broadcast(FLOATS, factor);
    int i = 0;
    for (; i < FLOATS.loopBound(n); i += COUNT) {
      long offset = (at + i) * Float.BYTES;
      FloatVector sum = FloatVector.fromMemorySegment(FLOATS, out, offset, Lanes.NATIVE);
      factors.fma(Lanes.load(x, i), sum).intoMemorySegment(out, offset, Lanes.NATIVE);
    }
    if (i < n) {
      VectorMask<Float> tail = FLOATS.indexInRange(i, n);
      long offset = (at + i) * Float.BYTES;
      FloatVector sum = FloatVector.fromMemorySegment(FLOATS, out, offset, Lanes.NATIVE, tail);
      FloatVector total = factors.fma(Lanes.load(x, i, tail), sum);
      total.intoMemorySegment(out, offset, Lanes.NATIVE, tail);
    }
  }

  /**
   * Square by square: its rows go to a small array, whose columns are gathered. Its rows are a
   * float longer than they need to be, so that a column does not lie in one line of the cache.
   */
  @Override
  public void transpose(
      MemorySegment x, int stride, MemorySegment out, int outStride, int rows, int columns) {
    Extents.checkRows("x", x, rows, columns, stride);
    Extents.checkRows("out", out, columns, rows, outStride);
    float[] square = new float[COUNT * SQUARE_STRIDE];
    int wholeRows = FLOATS.loopBound(rows);
    int wholeColumns = FLOATS.loopBound(columns);
    for (int i = 0; i < wholeRows; i += COUNT) {
      for (int j = 0; j < wholeColumns; j += COUNT) {
        transposeSquare(
            x, (long) i * stride + j, stride, out, (long) j * outStride + i, outStride, square);
      }
    }
    for (int i = 0; i < rows; i++) {
      for (int j = i < wholeRows ? wholeColumns : 0; j < columns; j++) {
        float value = x.getAtIndex(ValueLayout.JAVA_FLOAT, (long) i * stride + j);
        out.setAtIndex(ValueLayout.JAVA_FLOAT, (long) j * outStride + i, value);
      }
    }
  }

  private static void transposeSquare(
      MemorySegment x,
      long from,
      int stride,
      MemorySegment out,
      long to,
      int outStride,
      float[] square) {
    for (int i = 0; i < COUNT; i++) {
      long at = (from + (long) i * stride) * Float.BYTES;
      FloatVector.fromMemorySegment(FLOATS, x, at, NATIVE).intoArray(square, i * SQUARE_STRIDE);
    }
    for (int j = 0; j < COUNT; j++) {
      long at = (to + (long) j * outStride) * Float.BYTES;
      FloatVector.fromArray(FLOATS, square, j, COLUMN, 0).intoMemorySegment(out, at, NATIVE);
    }
  }

  @Override
  public void accumulate(MemorySegment x, MemorySegment sum) {
    int n = Extents.floats(x);
    Extents.check("sum", sum, n, Double.BYTES);
    int i = 0;
    for (; i < FLOATS.loopBound(n); i += COUNT) {
      FloatVector v = Lanes.load(x, i);
      addTo(sum, i, Lanes.widen(v, 0));
      addTo(sum, i + DOUBLES.length(), Lanes.widen(v, 1));
    }
    for (; i < n; i++) {
      double total =
          sum.getAtIndex(ValueLayout.JAVA_DOUBLE, i) + x.getAtIndex(ValueLayout.JAVA_FLOAT, i);
      sum.setAtIndex(ValueLayout.JAVA_DOUBLE, i, total);
    }
  }

  private static void addTo(MemorySegment sum, int i, DoubleVector v) {
    long at = (long) i * Double.BYTES;
    DoubleVector.fromMemorySegment(DOUBLES, sum, at, NATIVE)
        .add(v)
        .intoMemorySegment(sum, at, NATIVE);
  }

  @Override
  public double dot(MemorySegment x, MemorySegment y) {
    int n = checked(x, y, x);
    // A product of two floats is exact in float64, so multiplying and adding rounds once.
    DoubleVector low = DoubleVector.zero(DOUBLES);
    DoubleVector high = DoubleVector.zero(DOUBLES);
    int i = 0;
    for (; i < FLOATS.loopBound(n); i += COUNT) {
      FloatVector u = Lanes.load(x, i);
      FloatVector v = Lanes.load(y, i);
      low = Lanes.widen(u, 0).mul(Lanes.widen(v, 0)).add(low);
      high = Lanes.widen(u, 1).mul(Lanes.widen(v, 1)).add(high);
    }
    if (i < n) {
      VectorMask<Float> tail = FLOATS.indexInRange(i, n);
      FloatVector u = Lanes.load(x, i, tail);
      FloatVector v = Lanes.load(y, i, tail);
      low = Lanes.widen(u, 0).mul(Lanes.widen(v, 0)).add(low);
      high = Lanes.widen(u, 1).mul(Lanes.widen(v, 1)).add(high);
    }
    return Sums.ofLanes(low.add(high));
  }

  @Override
  public long firstNonFinite(MemorySegment x) {
    int n = Extents.floats(x);
    int infinity = 0x7f800000;
    int i = 0;
    for (; i < INTS.loopBound(n); i += COUNT) {
      VectorMask<Integer> bad = Lanes.loadMagnitudes(x, i).compare(VectorOperators.GE, infinity);
      if (bad.anyTrue()) {
        return (long) i + bad.firstTrue();
      }
    }
    if (i < n) {
      IntVector last = Lanes.loadMagnitudes(x, i, INTS.indexInRange(i, n));
      VectorMask<Integer> bad = last.compare(VectorOperators.GE, infinity);
      if (bad.anyTrue()) {
        return (long) i + bad.firstTrue();
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
    return 2 * COUNT;
  }

  @Override
  public void multiplyPanels(
      int depth, MemorySegment a, MemorySegment b, MemorySegment c, int stride) {
    // Twelve sums in registers: enough to hide the latency of a fused multiply-add, and they fit
    // the sixteen registers of AVX2 with two columns of B and one broadcast of A.
    FloatVector c00 = FloatVector.zero(FLOATS);
    FloatVector c01 = c00;
    FloatVector c10 = c00;
    FloatVector c11 = c00;
    FloatVector c20 = c00;
    FloatVector c21 = c00;
    FloatVector c30 = c00;
    FloatVector c31 = c00;
    FloatVector c40 = c00;
    FloatVector c41 = c00;
    FloatVector c50 = c00;
    FloatVector c51 = c00;
    for (int p = 0; p < depth; p++) {
      // Offsets are multiples of p in long arithmetic: the form whose bounds checks the JIT hoists.
      FloatVector b0 = FloatVector.fromMemorySegment(FLOATS, b, p * PANEL_STEP, NATIVE);
      FloatVector b1 = FloatVector.fromMemorySegment(FLOATS, b, p * PANEL_STEP + HALF_STEP, NATIVE);
      FloatVector a0 = broadcast(a, p * ROW_STEP);
      c00 = a0.fma(b0, c00);
      c01 = a0.fma(b1, c01);
      FloatVector a1 = broadcast(a, p * ROW_STEP + 4);
      c10 = a1.fma(b0, c10);
      c11 = a1.fma(b1, c11);
      FloatVector a2 = broadcast(a, p * ROW_STEP + 8);
      c20 = a2.fma(b0, c20);
      c21 = a2.fma(b1, c21);
      FloatVector a3 = broadcast(a, p * ROW_STEP + 12);
      c30 = a3.fma(b0, c30);
      c31 = a3.fma(b1, c31);
      FloatVector a4 = broadcast(a, p * ROW_STEP + 16);
      c40 = a4.fma(b0, c40);
      c41 = a4.fma(b1, c41);
      FloatVector a5 = broadcast(a, p * ROW_STEP + 20);
      c50 = a5.fma(b0, c50);
      c51 = a5.fma(b1, c51);
    }
    // Written out: were the sums handed to a method that the JIT does not inline, they would live
    // in
    // memory throughout the loop, at a fifth of the speed.
    long row = 0;
    long step = (long) stride * Float.BYTES;
    c00.add(FloatVector.fromMemorySegment(FLOATS, c, row, NATIVE))
        .intoMemorySegment(c, row, NATIVE);
    c01.add(FloatVector.fromMemorySegment(FLOATS, c, row + HALF_STEP, NATIVE))
        .intoMemorySegment(c, row + HALF_STEP, NATIVE);
    row += step;
    c10.add(FloatVector.fromMemorySegment(FLOATS, c, row, NATIVE))
        .intoMemorySegment(c, row, NATIVE);
    c11.add(FloatVector.fromMemorySegment(FLOATS, c, row + HALF_STEP, NATIVE))
        .intoMemorySegment(c, row + HALF_STEP, NATIVE);
    row += step;
    c20.add(FloatVector.fromMemorySegment(FLOATS, c, row, NATIVE))
        .intoMemorySegment(c, row, NATIVE);
    c21.add(FloatVector.fromMemorySegment(FLOATS, c, row + HALF_STEP, NATIVE))
        .intoMemorySegment(c, row + HALF_STEP, NATIVE);
    row += step;
    c30.add(FloatVector.fromMemorySegment(FLOATS, c, row, NATIVE))
        .intoMemorySegment(c, row, NATIVE);
    c31.add(FloatVector.fromMemorySegment(FLOATS, c, row + HALF_STEP, NATIVE))
        .intoMemorySegment(c, row + HALF_STEP, NATIVE);
    row += step;
    c40.add(FloatVector.fromMemorySegment(FLOATS, c, row, NATIVE))
        .intoMemorySegment(c, row, NATIVE);
    c41.add(FloatVector.fromMemorySegment(FLOATS, c, row + HALF_STEP, NATIVE))
        .intoMemorySegment(c, row + HALF_STEP, NATIVE);
    row += step;
    c50.add(FloatVector.fromMemorySegment(FLOATS, c, row, NATIVE))
        .intoMemorySegment(c, row, NATIVE);
    c51.add(FloatVector.fromMemorySegment(FLOATS, c, row + HALF_STEP, NATIVE))
        .intoMemorySegment(c, row + HALF_STEP, NATIVE);
  }

  private static FloatVector broadcast(MemorySegment a, long offset) {
    return FloatVector.broadcast(FLOATS, a.get(ValueLayout.JAVA_FLOAT_UNALIGNED, offset));
  }

  private static int checked(MemorySegment x, MemorySegment y, MemorySegment out) {
    int n = Extents.floats(x);
    Extents.checkFloats("the second operand", y, n);
    Extents.checkFloats("the output", out, n);
    return n;
  }
}
