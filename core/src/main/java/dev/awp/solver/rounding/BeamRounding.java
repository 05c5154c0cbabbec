// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.rounding;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.awp.blas.Blas.Op;
import dev.awp.constraint.ColumnLanes;
import dev.awp.constraint.ColumnLanes.Neighbours;
import dev.awp.kernel.BeamKernels;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Rounds consecutive places of an order in all lanes, one after the other, each error made up for
 * by the places after it as in GPTQ's sweep ({@link ColumnOrder}), while several ways to go on are
 * kept in every lane: of the nearest point and the one on the value's other side, for every way,
 * those go on that are best in sum_j e_j^2 / U_jj^2. It is the K-best search of lattice decoding
 * (Guo and Nilsson, IEEE JSAC 24, 2006), of which GPTQ's sweep is the case of one way. Ways of a
 * lane are in the order of their scores; those that there are not yet have infinite ones. For one
 * worker.
 */
final class BeamRounding {
  /** The most ways. */
  static final int MOST_WAYS = BeamKernels.MOST_CHOICES / 2;

  /**
   * Lanes that are taken together: what belongs to them stays in the second cache. Products of
   * multiples of 48 lanes give the bytes of those of all lanes.
   */
  private static final int LANES = 96;

  /** Places that errors go on to one by one; the later ones get those of so many at once. */
  private static final int NEAR = 16;

  /** Rows of a way, or of a choice, beside those that every place has. */
  private static final int ROWS_OF_A_WAY = 13;

  private final LaneState state;
  private final ColumnLanes fits;
  private final BeamKernels kernels;
  private final int width;
  private final int most;
  private final MemorySegment zeros;
  private MemorySegment running;
  private MemorySegment followed;
  private MemorySegment near;
  private MemorySegment next;
  private final MemorySegment codes;
  private final MemorySegment errors;
  private final MemorySegment parents;
  private final MemorySegment scores;
  private final MemorySegment choices;
  private final MemorySegment keys;
  private final MemorySegment choiceCodes;
  private final MemorySegment choiceValues;
  private final MemorySegment choiceErrors;
  private final MemorySegment way;

  /**
   * Scratch for up to so many places.
   *
   * @param width ways that are kept, at most {@link #MOST_WAYS}
   */
  BeamRounding(LaneState state, ColumnLanes fits, int width, int places, Arena arena) {
    this.state = state;
    this.fits = fits;
    this.kernels = state.compute().kernels().beam();
    this.width = width;
    this.most = Math.min(LANES, state.lanes());
    long rows = (long) places * width * most;
    long nearRows = (long) Math.min(places, NEAR) * width * most;
    this.running = arena.allocate(JAVA_FLOAT, rows);
    this.followed = arena.allocate(JAVA_FLOAT, rows);
    this.near = arena.allocate(JAVA_FLOAT, nearRows);
    this.next = arena.allocate(JAVA_FLOAT, nearRows);
    this.zeros = arena.allocate(JAVA_FLOAT, Math.max(places, width * most));
    this.codes = arena.allocate(JAVA_FLOAT, rows);
    this.errors = arena.allocate(JAVA_FLOAT, rows);
    this.parents = arena.allocate(JAVA_FLOAT, rows);
    long ofWays = (long) width * most;
    this.scores = arena.allocate(JAVA_FLOAT, ofWays);
    this.choices = arena.allocate(JAVA_FLOAT, ofWays);
    this.keys = arena.allocate(JAVA_FLOAT, 2 * ofWays);
    this.choiceCodes = arena.allocate(JAVA_FLOAT, 2 * ofWays);
    this.choiceValues = arena.allocate(JAVA_FLOAT, 2 * ofWays);
    this.choiceErrors = arena.allocate(JAVA_FLOAT, 2 * ofWays);
    this.way = arena.allocate(JAVA_FLOAT, 2L * width * most);
  }

  /** Bytes of the scratch. */
  static long bytes(int width, int places) {
    long rows = 5L * places + 2L * Math.min(places, NEAR) + ROWS_OF_A_WAY;
    return (rows * width * LANES + places) * Float.BYTES;
  }

  /**
   * Rounds places from (inclusive) to (exclusive).
   *
   * @param first column that the order counts from
   * @param x values by place, [to - from, lanes]
   * @param found receives the codes of the best way, by place
   * @param error receives what each place's value was off its point on that way, when it was
   *     rounded
   */
  void round(ColumnOrder order, int from, int to, int first, Matrix x, Matrix found, Matrix error) {
    for (int lane = 0; lane < state.lanes(); lane += most) {
      int lanes = Math.min(most, state.lanes() - lane);
      start(x, lane, lanes);
      for (int place = from, end; place < to; place = end) {
        end = Math.min(to, place + NEAR);
        roundNear(order, place, end, from, first, lane, lanes);
        if (end < to) {
          goOn(order, place, end, from, to, lanes);
        }
      }
      trace(to - from, lane, lanes, found, error);
    }
  }

  private void start(Matrix x, int lane, int lanes) {
    for (int j = 0; j < x.rows(); j++) {
      MemorySegment values = slice(x.row(j), lane, lanes);
      for (int w = 0; w < width; w++) {
        rows(running, j * width + w, 1, lanes).copyFrom(values);
      }
    }
    for (long i = 0; i < (long) width * lanes; i++) {
      scores.setAtIndex(JAVA_FLOAT, i, i < lanes ? 0 : Float.POSITIVE_INFINITY);
    }
  }

  /** Rounds places which see each other's errors at once, and leaves the later ones alone. */
  private void roundNear(
      ColumnOrder order, int place, int end, int from, int first, int lane, int lanes) {
    int count = (end - place) * width;
    rows(near, 0, count, lanes).copyFrom(rows(running, (place - from) * width, count, lanes));
    for (int at = place; at < end; at++) {
      propose(order, at, first + order.column(at), at - place, lane, lanes);
      choose(at - from, lanes);
      int later = end - at - 1;
      if (later > 0) {
        kernels.extend(
            rows(near, (at - place + 1) * width, later * width, lanes),
            rows(parents, (at - from) * width, width, lanes),
            rows(errors, (at - from) * width, width, lanes),
            slice(order.feedback().row(at), at + 1, later),
            width,
            rows(next, (at - place + 1) * width, later * width, lanes));
        MemorySegment done = near;
        near = next;
        next = done;
      }
    }
  }

  private static MemorySegment slice(MemorySegment row, int lane, int lanes) {
    return row.asSlice((long) lane * Float.BYTES, (long) lanes * Float.BYTES);
  }

  /** Rows of a chunk of lanes, which lie one behind the other. */
  private static MemorySegment rows(MemorySegment all, int row, int count, int lanes) {
    long bytes = (long) lanes * Float.BYTES;
    return all.asSlice(row * bytes, count * bytes);
  }

  /** For each way the nearest point, choice 2 way, and the one beyond the value, 2 way + 1. */
  private void propose(ColumnOrder order, int place, int column, int index, int lane, int lanes) {
    float pivot = order.pivot(place);
    float weight = 1 / (pivot * pivot);
    for (int w = 0; w < width; w++) {
      MemorySegment x = rows(near, index * width + w, 1, lanes);
      Neighbours about =
          new Neighbours(
              rows(choiceCodes, 2 * w, 1, lanes),
              rows(choiceValues, 2 * w, 1, lanes),
              rows(choiceCodes, 2 * w + 1, 1, lanes),
              rows(choiceValues, 2 * w + 1, 1, lanes));
      fits.around(column, lane, x, about);
      state.hold(column, lane, about);
      MemorySegment score = rows(scores, w, 1, lanes);
      propose(x, about.values(), score, weight, 2 * w, lanes);
      propose(x, about.otherValues(), score, weight, 2 * w + 1, lanes);
    }
  }

  private void propose(
      MemorySegment x,
      MemorySegment values,
      MemorySegment score,
      float weight,
      int choice,
      int lanes) {
    MemorySegment error = rows(choiceErrors, choice, 1, lanes);
    kernels.propose(x, values, score, weight, choice, error, rows(keys, choice, 1, lanes));
  }

  /** The best choices become the ways, in the order of their scores. */
  private void choose(int index, int lanes) {
    kernels.sort(rows(keys, 0, 2 * width, lanes), 2 * width);
    kernels.split(
        rows(keys, 0, width, lanes),
        rows(choices, 0, width, lanes),
        rows(parents, index * width, width, lanes),
        rows(scores, 0, width, lanes));
    MemorySegment ofCodes = rows(choiceCodes, 0, 2 * width, lanes);
    MemorySegment ofErrors = rows(choiceErrors, 0, 2 * width, lanes);
    for (int w = 0; w < width; w++) {
      MemorySegment choice = rows(choices, w, 1, lanes);
      kernels.pick(choice, ofCodes, rows(codes, index * width + w, 1, lanes));
      kernels.pick(choice, ofErrors, rows(errors, index * width + w, 1, lanes));
    }
  }

  /** The places from the end on make up for the errors that each way has in those before. */
  private void goOn(ColumnOrder order, int place, int end, int from, int to, int lanes) {
    MemorySegment origins =
        back(
            width,
            place - from,
            end - from,
            lanes,
            (index, w, own) ->
                kernels.pick(
                    own,
                    rows(errors, index * width, width, lanes),
                    rows(next, (index - (place - from)) * width + w, 1, lanes)));
    int later = to - end;
    MemorySegment rest = rows(followed, (end - from) * width, later * width, lanes);
    kernels.extend(
        rows(running, (end - from) * width, later * width, lanes),
        origins,
        rows(zeros, 0, width, lanes),
        slice(zeros, 0, later),
        width,
        rest);
    Matrix errorsOfWays = matrix(rows(next, 0, (end - place) * width, lanes), end - place);
    Matrix feedback = order.feedback().rowRange(place, end).columnRange(end, to);
    state
        .compute()
        .blas()
        .gemm(Op.TRANSPOSE, Op.NONE, 1, feedback, errorsOfWays, 1, matrix(rest, later));
    MemorySegment done = running;
    running = followed;
    followed = done;
  }

  /** Rows of all ways. */
  private static Matrix matrix(MemorySegment all, int rows) {
    return Matrix.wrap(all, rows, Math.toIntExact(all.byteSize() / Float.BYTES / rows));
  }

  /** Takes what the best way of every lane found. */
  private void trace(int places, int lane, int lanes, Matrix found, Matrix error) {
    back(
        1,
        0,
        places,
        lanes,
        (index, _, own) -> {
          int first = index * width;
          kernels.pick(own, rows(codes, first, width, lanes), slice(found.row(index), lane, lanes));
          kernels.pick(
              own, rows(errors, first, width, lanes), slice(error.row(index), lane, lanes));
        });
  }

  /** Sees in which way each lane was at a place. */
  @FunctionalInterface
  private interface Passed {
    void at(int index, int way, MemorySegment own);
  }

  /**
   * Follows the first ways back, from the last of some places to the first.
   *
   * @param count how many ways
   * @return where they began, [count, lanes]
   */
  private MemorySegment back(int count, int first, int end, int lanes, Passed passed) {
    MemorySegment own = rows(way, 0, count, lanes);
    MemorySegment before = rows(way, width, count, lanes);
    for (int i = 0; i < count * lanes; i++) {
      own.setAtIndex(JAVA_INT, i, i / lanes);
    }
    for (int index = end - 1; index >= first; index--) {
      MemorySegment origins = rows(parents, index * width, width, lanes);
      for (int w = 0; w < count; w++) {
        MemorySegment at = rows(own, w, 1, lanes);
        passed.at(index, w, at);
        kernels.pick(at, origins, rows(before, w, 1, lanes));
      }
      MemorySegment swapped = own;
      own = before;
      before = swapped;
    }
    return own;
  }
}
