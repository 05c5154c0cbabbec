// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.kernel.scalar;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.awp.kernel.BeamKernels;
import dev.awp.kernel.Extents;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/** Searches of many lanes, defined lane by lane. */
final class ScalarBeam implements BeamKernels {
  @Override
  public void propose(
      MemorySegment x,
      MemorySegment values,
      MemorySegment scores,
      float weight,
      int choice,
      MemorySegment errors,
      MemorySegment keys) {
    int n = Extents.proposal(x, values, scores, choice, errors, keys);
    for (int i = 0; i < n; i++) {
      float e = x.getAtIndex(JAVA_FLOAT, i) - values.getAtIndex(JAVA_FLOAT, i);
      float score = Math.fma(weight * e, e, scores.getAtIndex(JAVA_FLOAT, i));
      int bits = Math.min(Float.floatToRawIntBits(score) & Integer.MAX_VALUE, INFINITY);
      errors.setAtIndex(JAVA_FLOAT, i, e);
      keys.setAtIndex(JAVA_INT, i, (bits & ~CHOICE) | choice);
    }
  }

  @Override
  public void sort(MemorySegment keys, int count) {
    int lanes = Extents.lanes("the keys", keys, count);
    int[] own = new int[count];
    for (int i = 0; i < lanes; i++) {
      for (int k = 0; k < count; k++) {
        own[k] = keys.getAtIndex(JAVA_INT, (long) k * lanes + i);
      }
      Arrays.sort(own);
      for (int k = 0; k < count; k++) {
        keys.setAtIndex(JAVA_INT, (long) k * lanes + i, own[k]);
      }
    }
  }

  @Override
  public void split(
      MemorySegment keys, MemorySegment choices, MemorySegment parents, MemorySegment scores) {
    int n = Extents.floats(keys);
    Extents.checkFloats("the choices", choices, n);
    Extents.checkFloats("the parents", parents, n);
    Extents.checkFloats("the scores", scores, n);
    for (int i = 0; i < n; i++) {
      int key = keys.getAtIndex(JAVA_INT, i);
      choices.setAtIndex(JAVA_INT, i, key & CHOICE);
      parents.setAtIndex(JAVA_INT, i, (key & CHOICE) / 2);
      scores.setAtIndex(JAVA_INT, i, key & ~CHOICE);
    }
  }

  @Override
  public void pick(MemorySegment choices, MemorySegment table, MemorySegment out) {
    int lanes = Extents.table(choices, table, out);
    for (int i = 0; i < lanes; i++) {
      long row = choices.getAtIndex(JAVA_INT, i);
      out.setAtIndex(JAVA_INT, i, table.getAtIndex(JAVA_INT, row * lanes + i));
    }
  }

  @Override
  public void extend(
      MemorySegment before,
      MemorySegment parents,
      MemorySegment errors,
      MemorySegment factors,
      int ways,
      MemorySegment after) {
    int lanes = Extents.waysOf(before, parents, errors, factors, ways, after);
    for (int k = 0; k < Extents.floats(factors); k++) {
      float factor = factors.getAtIndex(JAVA_FLOAT, k);
      long row = (long) k * ways;
      for (int way = 0; way < ways; way++) {
        for (int i = 0; i < lanes; i++) {
          long own = (long) way * lanes + i;
          long parent = row + parents.getAtIndex(JAVA_INT, own);
          float value = before.getAtIndex(JAVA_FLOAT, parent * lanes + i);
          float e = errors.getAtIndex(JAVA_FLOAT, own);
          after.setAtIndex(JAVA_FLOAT, row * lanes + own, Math.fma(factor, e, value));
        }
      }
    }
  }
}
