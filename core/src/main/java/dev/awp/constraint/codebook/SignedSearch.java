// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.constraint.codebook;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.kernel.Kernels;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.util.Arrays;

/**
 * Magnitudes of a codebook with signs beside them. With the signs of z the best vector is found by
 * a scan of all, exactly, one vector of the run after the other; then signs are turned over, one or
 * two at a time, as long as the form falls by it; where any were, the vectors are looked for once
 * more, and the better of both is taken.
 */
final class SignedSearch extends RunSearch {
  private final Kernels kernels;
  private final boolean even;
  private final int columns;
  private final int parts;
  private final int terms;
  private final MemorySegment table;
  private final MemorySegment offsets;
  private final MemorySegment coefficients;
  private final float[] signs;
  private final float[] errors;
  private final float[] before;
  private final int[] chosen;

  SignedSearch(CodebookGrid grid, Kernels kernels, int lanes, SegmentAllocator allocator) {
    super(grid, lanes, allocator);
    Codebook codebook = grid.codebook();
    this.kernels = kernels;
    this.even = grid.signs() == CodebookGrid.Signs.EVEN;
    this.columns = codebook.columns();
    this.parts = run() / columns;
    this.terms = columns * (columns + 1) / 2;
    this.table = table(codebook, allocator);
    this.offsets = allocator.allocate(JAVA_FLOAT, codebook.size());
    this.coefficients = allocator.allocate(JAVA_FLOAT, (long) terms * lanes);
    this.signs = new float[run() * lanes];
    this.errors = new float[run()];
    this.before = new float[run() * lanes];
    this.chosen = new int[lanes];
  }

  /** Of every vector its levels, then the products of every two of them. */
  private static MemorySegment table(Codebook codebook, SegmentAllocator allocator) {
    int n = codebook.columns();
    MemorySegment all = allocator.allocate(JAVA_FLOAT, (long) codebook.size() * (n * (n + 1) / 2));
    long at = 0;
    for (int code = 0; code < codebook.size(); code++) {
      for (int j = 0; j < n; j++) {
        all.setAtIndex(JAVA_FLOAT, at++, codebook.level(code, j));
      }
      for (int j = 0; j < n; j++) {
        for (int k = j + 1; k < n; k++) {
          all.setAtIndex(JAVA_FLOAT, at++, codebook.level(code, j) * codebook.level(code, k));
        }
      }
    }
    return all;
  }

  @Override
  void search(MemorySegment zeroPoint) {
    for (int lane = 0; lane < lanes(); lane++) {
      chosen[lane] = lane;
      takeSigns(lane * run());
    }
    System.arraycopy(z(), 0, levels(), 0, levels().length);
    scan(lanes());
    int again = 0;
    for (int lane = 0; lane < lanes(); lane++) {
      if (turnSigns(lane * run())) {
        chosen[again++] = lane;
      }
    }
    if (again == 0) {
      return;
    }
    System.arraycopy(levels(), 0, before, 0, before.length);
    scan(again);
    for (int i = 0; i < again; i++) {
      int at = chosen[i] * run();
      boolean _ = turnSigns(at);
      if (!(form(at, levels()) < form(at, before))) {
        System.arraycopy(before, at, levels(), at, run());
      }
    }
  }

  /** Signs of z; where their number must be even the one is turned that costs least. */
  private void takeSigns(int at) {
    int run = run();
    boolean odd = false;
    int cheapest = 0;
    float cost = Float.POSITIVE_INFINITY;
    for (int j = 0; j < run; j++) {
      float value = z()[at + j];
      boolean negative = value < 0;
      signs[at + j] = negative ? -1 : 1;
      odd ^= negative;
      float own = Math.abs(value) * form()[j * run + j];
      if (own < cost) {
        cost = own;
        cheapest = j;
      }
    }
    if (even && odd) {
      signs[at + cheapest] = -signs[at + cheapest];
    }
  }

  /** The best vectors of the chosen lanes with their signs: each part, and the first once more. */
  private void scan(int count) {
    for (int part = 0; part < parts; part++) {
      scan(part * columns, count);
    }
    if (parts > 1) {
      scan(0, count);
    }
  }

  private void scan(int first, int count) {
    weighSquares(first);
    int run = run();
    float[] a = form();
    long length = count;
    for (int i = 0; i < count; i++) {
      int at = chosen[i] * run;
      int term = 0;
      for (int j = first; j < first + columns; j++) {
        float sum = 0;
        for (int k = 0; k < run; k++) {
          boolean own = k >= first && k < first + columns;
          sum += a[j * run + k] * (own ? z()[at + k] : z()[at + k] - levels()[at + k]);
        }
        coefficients.setAtIndex(JAVA_FLOAT, term++ * length + i, -2 * signs[at + j] * sum);
      }
      for (int j = first; j < first + columns; j++) {
        for (int k = j + 1; k < first + columns; k++) {
          float pair = 2 * a[j * run + k] * signs[at + j] * signs[at + k];
          coefficients.setAtIndex(JAVA_FLOAT, term++ * length + i, pair);
        }
      }
    }
    MemorySegment some = coefficients.asSlice(0, terms * length * Float.BYTES);
    kernels.grid().leastSums(offsets, table, some, least(count), entries(count));
    Codebook codebook = grid().codebook();
    for (int i = 0; i < count; i++) {
      int at = chosen[i] * run + first;
      for (int j = 0; j < columns; j++) {
        levels()[at + j] = signs[at + j] * codebook.level(entry(i), j);
      }
    }
  }

  private void weighSquares(int first) {
    Codebook codebook = grid().codebook();
    for (int code = 0; code < codebook.size(); code++) {
      float sum = 0;
      for (int j = 0; j < columns; j++) {
        float level = codebook.level(code, j);
        sum += form()[(first + j) * (run() + 1)] * level * level;
      }
      offsets.setAtIndex(JAVA_FLOAT, code, sum);
    }
  }

  /** Turns the sign, or the two signs, by which the form falls most, while it falls. */
  private boolean turnSigns(int at) {
    int run = run();
    float[] a = form();
    Arrays.fill(errors, 0);
    for (int j = 0; j < run; j++) {
      for (int k = 0; k < run; k++) {
        errors[j] += a[j * run + k] * (z()[at + k] - levels()[at + k]);
      }
    }
    boolean any = false;
    for (int turns = 0; turns < run && (even ? turnTwo(at) : turnOne(at)); turns++) {
      any = true;
    }
    return any;
  }

  private boolean turnOne(int at) {
    int best = -1;
    float least = 0;
    for (int j = 0; j < run(); j++) {
      float change = change(at, j);
      if (change < least) {
        least = change;
        best = j;
      }
    }
    if (best >= 0) {
      turn(at, best);
    }
    return best >= 0;
  }

  private boolean turnTwo(int at) {
    int one = -1;
    int other = -1;
    float least = 0;
    for (int j = 0; j < run(); j++) {
      float ofOne = change(at, j);
      for (int k = j + 1; k < run(); k++) {
        float both = 8 * levels()[at + j] * levels()[at + k] * form()[j * run() + k];
        float change = ofOne + change(at, k) + both;
        if (change < least) {
          least = change;
          one = j;
          other = k;
        }
      }
    }
    if (one >= 0) {
      turn(at, one);
      turn(at, other);
    }
    return one >= 0;
  }

  /** By how much the form changes with a sign turned. */
  private float change(int at, int j) {
    float level = levels()[at + j];
    return 4 * level * (errors[j] + level * form()[j * (run() + 1)]);
  }

  private void turn(int at, int j) {
    float level = levels()[at + j];
    levels()[at + j] = -level;
    signs[at + j] = -signs[at + j];
    for (int k = 0; k < run(); k++) {
      errors[k] += 2 * level * form()[k * run() + j];
    }
  }

  private double form(int at, float[] of) {
    int run = run();
    double sum = 0;
    for (int j = 0; j < run; j++) {
      double product = 0;
      for (int k = 0; k < run; k++) {
        product += (double) form()[j * run + k] * (z()[at + k] - of[at + k]);
      }
      sum += product * (z()[at + j] - of[at + j]);
    }
    return sum;
  }
}
