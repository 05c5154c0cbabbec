// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.calibration;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;

import dev.awp.AwpException;
import dev.awp.blas.Blas.Op;
import dev.awp.compute.Compute;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;

/**
 * C = (1/n) sum_i x_i x_i^T, the second moment of a linear layer's inputs (METHOD of the paper,
 * section 3). Products of a chunk of tokens run in float32 (syrk on the diagonal, gemm beside it);
 * chunks are added in float64, of which only the lower triangle is kept: 4 dIn^2 bytes.
 */
public final class SecondMoment implements AutoCloseable {
  /** Rows of C that are one task. */
  private static final int PANEL = 256;

  /** Order of the squares in which the mean is mirrored. */
  private static final int TILE = 64;

  /** Tokens whose products are summed in float32 before they are added in float64. */
  private static final int CHUNK = 2048;

  private final int columns;
  private final Compute compute;
  private final Arena arena;
  private final MemorySegment lower;
  private long tokens;

  /** An empty sum for inputs of that many columns. */
  @SuppressWarnings("MustBeClosed") // the arena is closed by close(), or below
  public SecondMoment(int columns, Compute compute) {
    this.columns = columns;
    this.compute = compute;
    this.arena = Arena.ofShared();
    try {
      this.lower = arena.allocate(bytes(columns), 64);
    } catch (RuntimeException | Error e) {
      arena.close();
      throw e;
    }
  }

  /** Off-heap memory of a sum, in bytes. */
  public static long bytes(int columns) {
    return rowStart(columns) * Double.BYTES;
  }

  /** Off-heap memory of {@link #add}, in bytes. */
  public static long addBytes(int columns, int threads) {
    return (long) threads * PANEL * columns * Float.BYTES;
  }

  /** First element of row i in the packed triangle. */
  private static long rowStart(int i) {
    return (long) i * (i + 1) / 2;
  }

  /** Tokens added so far. */
  public long tokens() {
    return tokens;
  }

  /** Adds inputs, [tokens, dIn]. */
  public void add(Matrix inputs) {
    if (inputs.columns() != columns) {
      throw new IllegalArgumentException(
          "inputs " + inputs + " for a second moment of " + columns + " columns");
    }
    for (int from = 0; from < inputs.rows(); from += CHUNK) {
      addChunk(inputs.rowRange(from, Math.min(inputs.rows(), from + CHUNK)));
    }
    tokens += inputs.rows();
  }

  private void addChunk(Matrix x) {
    compute
        .workers()
        .forEachBlock(
            columns,
            PANEL,
            (from, to) -> {
              try (Arena scratch = Arena.ofConfined()) {
                Matrix panel = Matrix.allocate(scratch, to - from, to);
                Matrix own = x.columnRange(from, to);
                if (from > 0) {
                  compute
                      .blas()
                      .gemm(
                          Op.TRANSPOSE,
                          Op.NONE,
                          1,
                          own,
                          x.columnRange(0, from),
                          0,
                          panel.columnRange(0, from));
                }
                compute.blas().syrk(1, own, 0, panel.columnRange(from, to));
                for (int i = from; i < to; i++) {
                  MemorySegment row = panel.row(i - from).asSlice(0, (i + 1L) * Float.BYTES);
                  compute.kernels().arithmetic().accumulate(row, lowerRow(i));
                }
              }
            });
  }

  private MemorySegment lowerRow(int i) {
    return lower.asSlice(rowStart(i) * Double.BYTES, (i + 1L) * Double.BYTES);
  }

  /**
   * The mean, symmetric, [dIn, dIn].
   *
   * @param what the site, for the message when an activation was not finite
   */
  public Matrix finish(String what, SegmentAllocator allocator) {
    if (tokens == 0) {
      throw new IllegalStateException(what + ": no inputs were seen");
    }
    Matrix c = Matrix.allocate(allocator, columns, columns);
    compute
        .workers()
        .forEachBlock(
            columns,
            TILE,
            (from, to) -> {
              // Tile by tile: the mirrored entries of a whole row would miss the cache each time.
              for (int start = 0; start < to; start += TILE) {
                for (int i = from; i < to; i++) {
                  finish(what, c, i, start, Math.min(i + 1, start + TILE));
                }
              }
            });
    return c;
  }

  /** Entries (i, from) to (i, to), and their mirror images. */
  private void finish(String what, Matrix c, int i, int from, int to) {
    MemorySegment row = lowerRow(i);
    for (int j = from; j < to; j++) {
      float mean = (float) (row.getAtIndex(JAVA_DOUBLE, j) / tokens);
      if (!Float.isFinite(mean)) {
        throw new AwpException(
            "%s: the second moment of input channels %d and %d is %s, activations must be finite"
                .formatted(what, i, j, mean));
      }
      c.set(i, j, mean);
      c.set(j, i, mean);
    }
  }

  @Override
  public void close() {
    arena.close();
  }
}
