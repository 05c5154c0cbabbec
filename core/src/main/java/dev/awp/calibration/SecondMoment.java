// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.calibration;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;

import dev.awp.AwpException;
import dev.awp.blas.Blas.Op;
import dev.awp.compute.Compute;
import dev.awp.tensor.Matrix;
import dev.awp.text.TokenWeights;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;

/**
 * C = sum_i w_i x_i x_i^T / sum_i w_i, the second moment of a linear layer's inputs (section 3 of
 * the paper, where all w_i = 1). Products of a chunk of tokens run in float32 (syrk on the
 * diagonal, gemm beside it); chunks are added in float64, of which only the lower triangle is kept:
 * 4 dIn^2 bytes.
 *
 * <p>Weights are multiplied into one factor of each product, a panel at a time: scratch stays
 * small, and weights that are powers of two cost no rounding.
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
  private long seen;
  private long tokens;
  private double weight;

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

  /** The same sum, to be added to apart. */
  SecondMoment copy() {
    SecondMoment copy = new SecondMoment(columns, compute);
    copy.lower.copyFrom(lower);
    copy.seen = seen;
    copy.tokens = tokens;
    copy.weight = weight;
    return copy;
  }

  /** Off-heap memory of a sum, in bytes. */
  public static long bytes(int columns) {
    return rowStart(columns) * Double.BYTES;
  }

  /** Off-heap memory of {@link #add}, in bytes. */
  public static long addBytes(int columns, int threads, boolean weighted) {
    return (long) threads * PANEL * (columns + (weighted ? CHUNK : 0)) * Float.BYTES;
  }

  /** First element of row i in the {@link #sums}; for i = dIn, how many these are. */
  public static long rowStart(int i) {
    return (long) i * (i + 1) / 2;
  }

  /** Tokens added so far, those of weight 0 aside. */
  public long tokens() {
    return tokens;
  }

  /** Adds inputs, [tokens, dIn]. */
  public void add(Matrix inputs) {
    add(inputs, TokenWeights.ones(inputs.rows()));
  }

  /**
   * Adds inputs that do not count alike.
   *
   * @param inputs [tokens, dIn]
   * @param weights one a token
   */
  public void add(Matrix inputs, TokenWeights weights) {
    add(ChunkInputs.plain(inputs, compute), weights);
  }

  /** The same, with inputs that may have been made ready. */
  void add(ChunkInputs chunk, TokenWeights weights) {
    Matrix inputs = chunk.rows();
    if (inputs.columns() != columns) {
      throw new IllegalArgumentException(
          "inputs " + inputs + " for a second moment of " + columns + " columns");
    }
    if (weights.size() != inputs.rows()) {
      throw new IllegalArgumentException(weights.size() + " weights for inputs " + inputs);
    }
    if (chunk.isPrepared()) {
      if (weights.counted() > 0) {
        addPrepared(chunk, weights);
      }
    }
    for (int from = 0; from < inputs.rows() && !chunk.isPrepared(); from += CHUNK) {
      int to = Math.min(inputs.rows(), from + CHUNK);
      TokenWeights ofChunk = weights.range(from, to);
      if (ofChunk.counted() > 0) {
        addChunk(inputs.rowRange(from, to), ofChunk);
      }
    }
    seen += inputs.rows();
    tokens += weights.counted();
    weight += weights.sum();
  }

  private void addChunk(Matrix x, TokenWeights weights) {
    compute
        .workers()
        .forEachBlock(
            columns,
            PANEL,
            (from, to) -> {
              try (Arena scratch = Arena.ofConfined()) {
                Matrix panel = Matrix.allocate(scratch, to - from, to);
                Matrix own = x.columnRange(from, to);
                if (weights.areOnes()) {
                  multiply(own, x.columnRange(0, from), panel.columnRange(0, from));
                  compute.blas().syrk(1, own, 0, panel.columnRange(from, to));
                } else {
                  multiply(weigh(own, weights, compute, scratch), x.columnRange(0, to), panel);
                }
                accumulate(panel, from, to);
              }
            });
  }

  private void addPrepared(ChunkInputs chunk, TokenWeights weights) {
    compute
        .workers()
        .forEachBlock(
            columns,
            ChunkInputs.ROWS,
            (from, to) -> {
              try (Arena scratch = Arena.ofConfined()) {
                Matrix panel = Matrix.allocate(scratch, to - from, chunk.wholePieces(to));
                chunk.multiply(chunk.rows().columnRange(from, to), weights, false, panel);
                accumulate(panel, from, to);
              }
            });
  }

  /** Adds what is on the left of C's diagonal, and on it, in the rows of a panel. */
  private void accumulate(Matrix panel, int from, int to) {
    for (int i = from; i < to; i++) {
      MemorySegment row = panel.row(i - from).asSlice(0, (i + 1L) * Float.BYTES);
      compute.kernels().arithmetic().accumulate(row, lowerRow(i));
    }
  }

  /** product = a^T b. */
  private void multiply(Matrix a, Matrix b, Matrix product) {
    if (b.columns() > 0) {
      compute.blas().gemm(Op.TRANSPOSE, Op.NONE, 1, a, b, 0, product);
    }
  }

  /** Rows times their weights. */
  static Matrix weigh(Matrix rows, TokenWeights weights, Compute compute, Arena arena) {
    Matrix weighed = Matrix.allocate(arena, rows.rows(), rows.columns());
    for (int i = 0; i < rows.rows(); i++) {
      compute.kernels().arithmetic().scale(rows.row(i), weights.get(i), weighed.row(i));
    }
    return weighed;
  }

  private MemorySegment lowerRow(int i) {
    return lower.asSlice(rowStart(i) * Double.BYTES, (i + 1L) * Double.BYTES);
  }

  /** The rows of a lower triangle; row i has i + 1 float64 values. */
  @FunctionalInterface
  public interface TriangleRows {
    void copyTo(int row, MemorySegment destination);
  }

  /**
   * Adds what another moment of as many columns has summed.
   *
   * @param rows of its {@link #sums}
   * @param otherTokens of it
   * @param otherWeight of it
   * @return how many of the additions were rounded; where none was, the order of parts is nowhere
   *     in the sums
   */
  public long addSums(TriangleRows rows, long otherTokens, double otherWeight) {
    long rounded = 0;
    try (Arena scratch = Arena.ofConfined()) {
      MemorySegment whole = scratch.allocate((long) columns * Double.BYTES, 64);
      for (int i = 0; i < columns; i++) {
        MemorySegment row = whole.asSlice(0, (i + 1L) * Double.BYTES);
        rows.copyTo(i, row);
        rounded += addRow(row, lowerRow(i), i + 1);
      }
    }
    seen += otherTokens;
    tokens += otherTokens;
    weight += otherWeight;
    return rounded;
  }

  /** Adds and counts what the sums lose (Knuth, TAOCP 2, section 4.2.2, theorem B). */
  private static long addRow(MemorySegment row, MemorySegment own, int n) {
    long rounded = 0;
    for (int j = 0; j < n; j++) {
      double a = own.getAtIndex(JAVA_DOUBLE, j);
      double b = row.getAtIndex(JAVA_DOUBLE, j);
      double sum = a + b;
      double ofB = sum - a;
      if ((a - (sum - ofB)) + (b - ofB) != 0) {
        rounded++;
      }
      own.setAtIndex(JAVA_DOUBLE, j, sum);
    }
    return rounded;
  }

  /** sum_i w_i. */
  public double weight() {
    return weight;
  }

  /**
   * sum_i w_i x_i x_i^T, the lower triangle row after row in float64, until this is closed.
   *
   * @param what the site, for the message when an activation was not finite
   */
  public MemorySegment sums(String what) {
    checkCounted(what, seen, tokens);
    for (int i = 0; i < columns; i++) {
      for (int j = 0; j <= i; j++) {
        mean(what, i, j);
      }
    }
    return lower.asReadOnly();
  }

  /**
   * The mean, symmetric, [dIn, dIn].
   *
   * @param what the site, for the message when an activation was not finite
   */
  public Matrix finish(String what, SegmentAllocator allocator) {
    checkCounted(what, seen, tokens);
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

  static void checkCounted(String what, long seen, long tokens) {
    if (seen == 0) {
      throw new IllegalStateException(what + ": no inputs were seen");
    }
    if (tokens == 0) {
      throw new AwpException(
          "%s: all of the %s tokens that were seen have weight 0".formatted(what, seen));
    }
  }

  /** Entries (i, from) to (i, to), and their mirror images. */
  private void finish(String what, Matrix c, int i, int from, int to) {
    for (int j = from; j < to; j++) {
      float mean = mean(what, i, j);
      c.set(i, j, mean);
      c.set(j, i, mean);
    }
  }

  private float mean(String what, int i, int j) {
    float mean = (float) (lower.getAtIndex(JAVA_DOUBLE, rowStart(i) + j) / weight);
    if (!Float.isFinite(mean)) {
      throw new AwpException(
          "%s: the second moment of input channels %s and %s is %s, activations must be finite"
              .formatted(what, i, j, mean));
    }
    return mean;
  }

  @Override
  public void close() {
    arena.close();
  }
}
