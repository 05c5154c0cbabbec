// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.kernel;

import java.lang.foreign.MemorySegment;

/** Element-wise arithmetic, sums and the inner block of the Java matrix product. */
public interface ArithmeticKernels {
  /** out[i] = x[i] + y[i]. */
  void add(MemorySegment x, MemorySegment y, MemorySegment out);

  /** out[i] = x[i] - y[i]. */
  void subtract(MemorySegment x, MemorySegment y, MemorySegment out);

  /** out[i] = x[i] * y[i]. */
  void multiply(MemorySegment x, MemorySegment y, MemorySegment out);

  /** out[i] = x[i] * factor. */
  void scale(MemorySegment x, float factor, MemorySegment out);

  /** out[i] = fma(factor, x[i], y[i]): the gradient step Z = T + eta G with x = G and y = T. */
  void multiplyAdd(float factor, MemorySegment x, MemorySegment y, MemorySegment out);

  /** sum[i] = fma(x[i], y[i], sum[i]). */
  void addProduct(MemorySegment x, MemorySegment y, MemorySegment sum);

  /**
   * The rank-one update of a contiguous matrix: rows[k * n + i] = fma(factors[k], x[i], rows[k * n
   * + i]) for n elements of x and every element k of factors.
   *
   * @param rows as many elements as factors and x have, multiplied; must not overlap them
   */
  void addOuter(MemorySegment factors, MemorySegment x, MemorySegment rows);

  /**
   * Rows become columns: out[j * outStride + i] = x[i * stride + j] for i below rows and j below
   * columns.
   *
   * @param x at least (rows - 1) * stride + columns floats
   * @param stride distance in floats between the rows of x
   * @param out at least (columns - 1) * outStride + rows floats; must not overlap x
   * @param outStride distance in floats between the rows of out
   */
  void transpose(
      MemorySegment x, int stride, MemorySegment out, int outStride, int rows, int columns);

  /** sum[i] += x[i], where sum holds float64 values: n floats into 8n bytes. */
  void accumulate(MemorySegment x, MemorySegment sum);

  /**
   * Sum of x[i] * y[i]: the products exact and added in float64; the order of the additions is the
   * implementation's, the same in every call.
   */
  double dot(MemorySegment x, MemorySegment y);

  /** Index of the first NaN or infinity, or -1 where all elements are finite. */
  long firstNonFinite(MemorySegment x);

  /** Rows of the packed block that {@link #multiplyPanels} computes. */
  int panelRows();

  /** Columns of the packed block that {@link #multiplyPanels} computes. */
  int panelColumns();

  /**
   * The inner block of a matrix product: c[r][j] += sum over p of a[p * panelRows + r] * b[p *
   * panelColumns + j] for all r below {@link #panelRows()} and j below {@link #panelColumns()}, in
   * float32 with fused multiply-add, p ascending from an accumulator of zero, added to c at the
   * end.
   *
   * @param a packed, depth x panelRows floats
   * @param b packed, depth x panelColumns floats
   * @param c at least (panelRows - 1) * stride + panelColumns floats
   * @param stride distance in floats between the rows of c
   */
  void multiplyPanels(int depth, MemorySegment a, MemorySegment b, MemorySegment c, int stride);
}
