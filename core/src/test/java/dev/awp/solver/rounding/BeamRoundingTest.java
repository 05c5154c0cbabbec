// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.rounding;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.constraint.GridPoints;
import dev.awp.solver.rounding.BeamRounding.Feedback;
import java.util.Arrays;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** The beam against the definition of what it looks for: every choice, one after the other. */
class BeamRoundingTest {
  private static final int MAX_CODE = 3;

  /** Points at steps * scale + minimum between the least and the most step of a column. */
  @SuppressWarnings("ArrayRecordComponent") // compared by nobody
  private record Points(float[] scales, float[] minimums, float[] least, float[] most)
      implements GridPoints {
    Points(int columns) {
      this(new float[columns], new float[columns], new float[columns], new float[columns]);
    }

    float value(int column, float steps) {
      return steps * scales[column] + minimums[column];
    }

    @Override
    public void take(int lane, int[] columns, int n, boolean[] held) {
      throw new UnsupportedOperationException("the points of one row alone");
    }

    @Override
    public void around(int place, float[] x, int n, Neighbourhood found) {
      for (int i = 0; i < n; i++) {
        float exact = (x[i] - minimums[place]) / scales[place];
        float near = Math.max(least[place], Math.min(most[place], (float) Math.rint(exact))) + 0f;
        float other = exact > near ? near + 1 : near - 1;
        boolean exists = other >= least[place] && other <= most[place];
        found.codes()[i] = near;
        found.values()[i] = value(place, near);
        found.otherCodes()[i] = exists ? other : Float.NaN;
        found.otherValues()[i] = value(place, other);
      }
    }

    @Override
    public void values(float[] codes, int n, float[] out) {
      for (int j = 0; j < n; j++) {
        out[j] = value(j, codes[j]);
      }
    }
  }

  /** A row, its points and how errors are answered. */
  @SuppressWarnings("ArrayRecordComponent") // compared by nobody
  private record Row(float[] target, Points points, Feedback feedback) {
    static Row random(long seed, int columns) {
      Random random = new Random(seed);
      float[] target = new float[columns];
      Points points = new Points(columns);
      Feedback feedback = new Feedback(columns, new float[columns][columns], new float[columns]);
      for (int j = 0; j < columns; j++) {
        target[j] = (float) random.nextGaussian();
        points.scales()[j] = 0.2f + random.nextFloat();
        points.minimums()[j] = random.nextInt(3) == 0 ? random.nextFloat() : 0;
        points.least()[j] = -random.nextInt(MAX_CODE + 1);
        points.most()[j] = points.least()[j] + MAX_CODE;
        feedback.weights()[j] = 0.1f + random.nextFloat();
        for (int k = j + 1; k < columns; k++) {
          feedback.feedback()[j][k] = (float) random.nextGaussian() / 2;
        }
      }
      return new Row(target, points, feedback);
    }

    float[] rounded(int width) {
      BeamRounding beam = new BeamRounding(width, target.length);
      beam.round(target, points, feedback);
      float[] steps = Arrays.copyOf(beam.codes(), target.length);
      float[] error = Arrays.copyOf(beam.error(), target.length);
      float[] running = target.clone();
      for (int j = 0; j < target.length; j++) {
        assertTrue(steps[j] >= points.least()[j] && steps[j] <= points.most()[j]);
        assertEquals(running[j] - points.value(j, steps[j]), error[j]);
        answer(running, j, error[j]);
      }
      return steps;
    }

    private void answer(float[] running, int j, float e) {
      for (int k = j + 1; k < running.length; k++) {
        running[k] += e * feedback.feedback()[j][k];
      }
    }

    private float nearest(int j, float x) {
      float exact = (x - points.minimums()[j]) / points.scales()[j];
      return Math.max(points.least()[j], Math.min(points.most()[j], (float) Math.rint(exact))) + 0f;
    }

    /** The least sum of weighted squares that any choice of nearest and next points has. */
    float least(float[] running, int j, float before) {
      if (j == running.length) {
        return before;
      }
      float near = nearest(j, running[j]);
      float exact = (running[j] - points.minimums()[j]) / points.scales()[j];
      float best = Float.POSITIVE_INFINITY;
      for (float code : new float[] {near, exact > near ? near + 1 : near - 1}) {
        if (code >= points.least()[j] && code <= points.most()[j]) {
          float e = running[j] - points.value(j, code);
          float[] after = running.clone();
          answer(after, j, e);
          best = Math.min(best, least(after, j + 1, before + feedback.weights()[j] * e * e));
        }
      }
      return best;
    }

    float score(float[] steps) {
      float[] running = target.clone();
      float score = 0;
      for (int j = 0; j < running.length; j++) {
        float e = running[j] - points.value(j, steps[j]);
        score += feedback.weights()[j] * e * e;
        answer(running, j, e);
      }
      return score;
    }
  }

  @Property(tries = 200)
  void aBeamAsWideAsTheTreeFindsTheBest(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 7) int columns) {
    Row row = Row.random(seed, columns);
    float[] steps = row.rounded(1 << columns);
    assertEquals(row.least(row.target, 0, 0), row.score(steps));
  }

  @Property(tries = 200)
  void oneWayTakesTheNearestPointEveryTime(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 40) int columns) {
    Row row = Row.random(seed, columns);
    float[] running = row.target.clone();
    float[] expected = new float[columns];
    for (int j = 0; j < columns; j++) {
      expected[j] = row.nearest(j, running[j]);
      row.answer(running, j, running[j] - row.points.value(j, expected[j]));
    }
    assertArrayEquals(expected, row.rounded(1));
  }

  @Property(tries = 200)
  void theSmallestKeysComeToTheFront(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 130) int n) {
    Random random = new Random(seed);
    long[] keys = random.longs().distinct().limit(n).toArray();
    int k = 1 + random.nextInt(n);
    long[] sorted = keys.clone();
    Arrays.sort(sorted);
    BeamRounding.selectSmallest(keys, n, k);
    long[] front = Arrays.copyOf(keys, k);
    Arrays.sort(front);
    assertArrayEquals(Arrays.copyOf(sorted, k), front);
  }
}
