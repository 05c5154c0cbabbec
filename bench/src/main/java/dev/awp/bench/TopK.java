// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.bench;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/**
 * The exact selection of a row's larger half. Rows take turns, so that no branch predictor learns
 * one by heart. The plain forms copy the row, for they reorder it.
 */
public class TopK extends KernelBenchmark {
  private static final int ROWS = 16;

  /** Columns of LLaMA-2-7B's linear inputs (4,096 and 11,008) and of LLaMA-3-8B's (14,336). */
  @Param({"4096", "11008", "14336"})
  public int n = 4096;

  private final List<Row> rows = new ArrayList<>();
  private Row out;
  private float[] scratch = {};
  private int next;

  @Override
  protected int size() {
    return n;
  }

  @Override
  protected void allocate() {
    for (int i = 0; i < ROWS; i++) {
      rows.add(gaussian(i));
    }
    out = zeros();
    scratch = new float[n];
  }

  private Row nextRow() {
    next = (next + 1) % ROWS;
    return rows.get(next);
  }

  /** The plain form sorts. */
  @Benchmark
  @Traffic(4)
  public float threshold() {
    Row row = nextRow();
    if (isPlain()) {
      magnitudes(row.array(), scratch);
      Arrays.sort(scratch);
      return scratch[n - n / 2];
    }
    return kernels.selection().kthLargestMagnitude(row.segment(), n / 2);
  }

  /** The plain form finds the threshold by quickselect. */
  @Benchmark
  @Traffic(8)
  public MemorySegment keepLargest() {
    Row row = nextRow();
    if (isPlain()) {
      magnitudes(row.array(), scratch);
      float threshold = QuickSelect.select(scratch, n - n / 2);
      keep(row.array(), threshold, n / 2, out.array());
    } else {
      kernels.selection().keepLargest(row.segment(), row.segment(), n / 2, out.segment());
    }
    return out.segment();
  }

  private static void magnitudes(float[] row, float[] to) {
    for (int i = 0; i < to.length; i++) {
      to[i] = Math.abs(row[i]);
    }
  }

  private static void keep(float[] row, float threshold, int k, float[] out) {
    int ties = k;
    for (float value : row) {
      ties -= Math.abs(value) > threshold ? 1 : 0;
    }
    for (int i = 0; i < out.length; i++) {
      float magnitude = Math.abs(row[i]);
      boolean kept = magnitude > threshold || (magnitude == threshold && ties-- > 0);
      out[i] = kept ? row[i] : 0;
    }
  }
}
