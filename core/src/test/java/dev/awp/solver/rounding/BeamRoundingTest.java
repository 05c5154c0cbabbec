// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.rounding;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.compute.Compute;
import dev.awp.constraint.ColumnLanes;
import dev.awp.constraint.ColumnLanes.Neighbours;
import dev.awp.constraint.affine.IntegerGrid;
import dev.awp.fixture.RandomMatrices;
import dev.awp.tensor.DType;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** The beam against the definition of what it looks for: every choice, one after the other. */
class BeamRoundingTest {
  /** Scores in keys have 18 bits of their mantissa. */
  private static final double ROUNDING = 1e-5;

  /** Rows, their grids, and how errors are answered. */
  private record Rows(LaneState state, ColumnOrder order, Matrix x, Matrix codes, Matrix errors) {
    static Rows random(
        int columns, int lanes, boolean masked, long seed, Compute compute, Arena arena) {
      Matrix c = RandomMatrices.gaussianSecondMoment(columns, columns + 5, seed, arena);
      Matrix values =
          RandomMatrices.of(RandomMatrices.Kind.GAUSSIAN, columns, lanes, seed + 1, arena);
      Optional<Matrix> mask = Optional.empty();
      if (masked) {
        mask =
            Optional.of(
                RandomMatrices.of(RandomMatrices.Kind.GAUSSIAN, columns, lanes, seed + 2, arena));
        for (int i = 0; i < columns * lanes; i += 3) {
          mask.get().set(i / lanes, i % lanes, 0);
        }
      }
      IntegerGrid grid = new IntegerGrid(3, 8, seed % 2 == 0, DType.BF16);
      LaneState state = LaneState.allocate(grid, lanes, c, mask, compute, arena);
      for (int from = 0; from < columns; from += 8) {
        state.fits().fitRange(from, values.rowRange(from, Math.min(columns, from + 8)));
      }
      ColumnOrder order = ColumnOrder.of(c, ColumnOrder.byActivation(c), 0.01, compute, arena);
      return new Rows(
          state,
          order,
          RandomMatrices.of(RandomMatrices.Kind.GAUSSIAN, columns, lanes, seed + 3, arena),
          Matrix.allocate(arena, columns, lanes),
          Matrix.allocate(arena, columns, lanes));
    }

    int columns() {
      return x.rows();
    }

    void round(int width, Arena arena) {
      ColumnLanes fits = (ColumnLanes) state.fits();
      new BeamRounding(state, fits, width, columns(), arena)
          .round(order, 0, columns(), 0, x, codes, errors);
    }

    float[] target(int lane) {
      float[] target = new float[columns()];
      for (int j = 0; j < target.length; j++) {
        target[j] = x.get(j, lane);
      }
      return target;
    }

    /** Code, value, other code and its value. */
    float[] around(int place, int lane, float value) {
      float[] found = new float[4];
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment own = arena.allocate(ValueLayout.JAVA_FLOAT, 5);
        MemorySegment[] one = new MemorySegment[5];
        for (int i = 0; i < one.length; i++) {
          one[i] = own.asSlice(4L * i, 4);
        }
        own.setAtIndex(ValueLayout.JAVA_FLOAT, 4, value);
        Neighbours about = new Neighbours(one[0], one[1], one[2], one[3]);
        ((ColumnLanes) state.fits()).around(order.column(place), lane, one[4], about);
        state.hold(order.column(place), lane, about);
        for (int i = 0; i < found.length; i++) {
          found[i] = own.getAtIndex(ValueLayout.JAVA_FLOAT, i);
        }
      }
      return found;
    }

    double weight(int place) {
      return 1 / ((double) order.pivot(place) * order.pivot(place));
    }

    void answer(float[] running, int place, float e) {
      for (int k = place + 1; k < running.length; k++) {
        running[k] += e * order.feedback().get(place, k);
      }
    }

    /** The least sum of weighted squares that any choice of nearest and next points has. */
    double least(float[] running, int lane, int place, double before) {
      if (place == running.length) {
        return before;
      }
      float[] about = around(place, lane, running[place]);
      double best = Double.POSITIVE_INFINITY;
      for (int i = 0; i < 4; i += 2) {
        if (!Float.isNaN(about[i])) {
          float e = running[place] - about[i + 1];
          float[] after = running.clone();
          answer(after, place, e);
          double score = before + weight(place) * e * e;
          best = Math.min(best, least(after, lane, place + 1, score));
        }
      }
      return best;
    }

    double score(int lane) {
      double score = 0;
      for (int j = 0; j < columns(); j++) {
        score += weight(j) * errors.get(j, lane) * errors.get(j, lane);
      }
      return score;
    }

    /** That codes are points about what the errors before have made of the values. */
    void assertErrorsFollow(int lane) {
      float[] running = target(lane);
      for (int j = 0; j < running.length; j++) {
        float[] about = around(j, lane, running[j]);
        float code = codes.get(j, lane);
        assertTrue(code == about[0] || code == about[2], code + " in place " + j);
        float value = code == about[0] ? about[1] : about[3];
        assertEquals(running[j] - value, errors.get(j, lane), 1e-4f * (1 + Math.abs(running[j])));
        answer(running, j, errors.get(j, lane));
      }
    }
  }

  @Property(tries = 50)
  void aBeamAsWideAsTheTreeFindsTheBest(
      @ForAll @IntRange(max = 10000) int seed,
      @ForAll @IntRange(min = 1, max = 5) int columns,
      @ForAll boolean masked) {
    try (Compute compute = Compute.create(1);
        Arena arena = Arena.ofShared()) {
      Rows rows = Rows.random(columns, 5, masked, seed, compute, arena);
      rows.round(BeamRounding.MOST_WAYS, arena);
      for (int lane = 0; lane < 5; lane++) {
        double least = rows.least(rows.target(lane), lane, 0, 0);
        assertEquals(least, rows.score(lane), columns * ROUNDING * least);
      }
    }
  }

  @Property(tries = 50)
  void oneWayTakesTheNearestValueEveryTime(
      @ForAll @IntRange(max = 10000) int seed, @ForAll @IntRange(min = 1, max = 20) int columns) {
    try (Compute compute = Compute.create(1);
        Arena arena = Arena.ofShared()) {
      Rows rows = Rows.random(columns, 7, false, seed, compute, arena);
      rows.round(1, arena);
      for (int lane = 0; lane < 7; lane++) {
        float[] running = rows.target(lane);
        for (int j = 0; j < columns; j++) {
          float[] about = rows.around(j, lane, running[j]);
          float near = Math.abs(running[j] - about[1]);
          float other = Math.abs(running[j] - about[3]);
          float nearest = other < near ? about[2] : about[0];
          boolean tied = Math.abs(near - other) < 1e-4;
          assertTrue(nearest == rows.codes().get(j, lane) || tied);
          rows.answer(running, j, rows.errors().get(j, lane));
        }
      }
    }
  }

  @Property(tries = 20)
  void errorsOfTheWayThatIsTakenFollowFromItsCodes(
      @ForAll @IntRange(max = 10000) int seed,
      @ForAll @IntRange(min = 1, max = 80) int columns,
      @ForAll @IntRange(min = 1, max = 210) int lanes,
      @ForAll @IntRange(min = 1, max = 16) int width,
      @ForAll boolean masked) {
    try (Compute compute = Compute.create(1);
        Arena arena = Arena.ofShared()) {
      Rows rows = Rows.random(columns, lanes, masked, seed, compute, arena);
      rows.round(width, arena);
      for (int lane = 0; lane < lanes; lane += 13) {
        rows.assertErrorsFollow(lane);
      }
    }
  }

  @Property(tries = 10)
  void moreWaysFindLess(@ForAll @IntRange(max = 10000) int seed) {
    try (Compute compute = Compute.create(1);
        Arena arena = Arena.ofShared()) {
      double before = Double.POSITIVE_INFINITY;
      for (int width : new int[] {1, 4, 16}) {
        Rows rows = Rows.random(64, 100, false, seed, compute, arena);
        rows.round(width, arena);
        double total = 0;
        for (int lane = 0; lane < 100; lane++) {
          total += rows.score(lane);
        }
        assertTrue(total < before, width + " ways: " + total + " after " + before);
        before = total;
      }
    }
  }
}
