// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model.recurrence;

import dev.awp.compute.Compute;
import dev.awp.config.Recurrence;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Takes tokens through the states of heads, each head of each sequence by itself. */
public record HeadScan(Recurrence recurrence, Compute compute) {
  /** What one token does to the state of one head, and what is read of it. */
  @FunctionalInterface
  public interface Token {
    /**
     * Takes a token in.
     *
     * @param row of the token
     * @param state [keyDimension, valueDimension], row by row
     * @param scratch valueDimension floats, for anything
     */
    void take(int row, int head, MemorySegment state, MemorySegment scratch);
  }

  /** Floats of the states that are there at a time. */
  public static long floats(Recurrence recurrence, int threads) {
    return (long) threads * (RecurrentState.stateSize(recurrence) + recurrence.valueDimension());
  }

  /**
   * Takes whole sequences of equal length through, one behind the other.
   *
   * @param rows of all sequences
   */
  public void whole(int rows, int length, Token token) {
    int heads = recurrence.heads();
    compute
        .workers()
        .forEachBlock(
            rows / length * heads,
            1,
            (from, to) -> {
              try (Arena arena = Arena.ofConfined()) {
                Matrix state = Matrix.allocate(arena, 1, RecurrentState.stateSize(recurrence));
                MemorySegment scratch = scratch(arena);
                for (int task = from; task < to; task++) {
                  state.segment().fill((byte) 0);
                  int start = task / heads * length;
                  scan(start, start + length, task % heads, state.row(0), scratch, token);
                }
              }
            });
  }

  /** Takes the next tokens of one sequence through. */
  public void next(int rows, RecurrentState seen, Token token) {
    compute
        .workers()
        .forEachBlock(
            recurrence.heads(),
            1,
            (from, to) -> {
              try (Arena arena = Arena.ofConfined()) {
                MemorySegment scratch = scratch(arena);
                for (int head = from; head < to; head++) {
                  scan(0, rows, head, seen.heads().row(head), scratch, token);
                }
              }
            });
  }

  private MemorySegment scratch(Arena arena) {
    return Matrix.allocate(arena, 1, recurrence.valueDimension()).row(0);
  }

  private static void scan(
      int first, int end, int head, MemorySegment state, MemorySegment scratch, Token token) {
    for (int row = first; row < end; row++) {
      token.take(row, head, state, scratch);
    }
  }
}
