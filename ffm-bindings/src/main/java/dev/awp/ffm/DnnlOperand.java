// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.ffm;

import dev.awp.blas.Blas.Op;
import dev.awp.blas.BlasShapes;
import dev.awp.blas.Precision;
import dev.awp.blas.RightOperand;
import dev.awp.blas.RowSource;
import dev.awp.ffm.DnnlMatmul.Piece;
import dev.awp.kernel.Kernels;
import dev.awp.parallel.Workers;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;

/**
 * The bfloat16 parts of op(B), in oneDNN's layout. A's rows are split tile by tile into a buffer
 * that stays in cache; the last tile is filled up with zeros.
 */
final class DnnlOperand implements RightOperand {
  private static final int TILE = DnnlMatmul.TILE;
  private static final int PIECE = DnnlMatmul.PIECE;

  /** Rows and columns that oneDNN's layout may fill up, at most. */
  private static final int LAYOUT = 64;

  /** Bytes that oneDNN asks for beside the operands; some hundreds where B is in its layout. */
  private static final int SCRATCHPAD = 1 << 20;

  private final MemorySegment engine;
  private final Kernels kernels;
  private final int k;
  private final int n;
  private final int partsOfA;
  private final DnnlMatmul overwriting;
  private final DnnlMatmul adding;
  private final MemorySegment high;
  private final Optional<MemorySegment> low;

  private DnnlOperand(
      MemorySegment engine,
      Kernels kernels,
      Precision precision,
      Op op,
      RowSource b,
      Workers workers,
      Arena arena) {
    this.engine = engine;
    this.kernels = kernels;
    this.k = op == Op.NONE ? b.rows() : b.columns();
    this.n = op == Op.NONE ? b.columns() : b.rows();
    this.partsOfA = precision.parts();
    this.overwriting = DnnlMatmul.overwriting(engine, k, n, arena);
    this.adding = overwriting.adding(k, n, arena);
    this.high = overwriting.allocateB(arena);
    Optional<MemorySegment> lower =
        precision.parts() > 1 ? Optional.of(overwriting.allocateB(arena)) : Optional.empty();
    AtomicBoolean multiplied = new AtomicBoolean();
    workers.forEachBlock(
        b.rows(),
        PIECE,
        (from, to) -> {
          try (Arena local = Arena.ofConfined()) {
            Parts parts = new Parts(precision.parts(), to - from, b.columns(), local);
            Matrix rows = b.rows(from, to, local);
            Operands.checkInput("prepare", "B", rows);
            for (int row = from; row < to; row++) {
              parts.split(kernels, rows.row(row - from), row - from);
            }
            pack(parts.high(), op, from, to, high);
            lower.ifPresent(low -> pack(parts.low().orElseThrow(), op, from, to, low));
            if (parts.low().filter(part -> !isZero(part)).isPresent()) {
              multiplied.set(true);
            }
          }
        });
    // A model's weights often are bfloat16: then there is nothing to multiply twice.
    this.low = lower.filter(_ -> multiplied.get());
  }

  /** op(B) in parts. */
  static RightOperand of(
      MemorySegment engine,
      Kernels kernels,
      Precision precision,
      Op op,
      RowSource b,
      Workers workers,
      Arena arena) {
    int k = op == Op.NONE ? b.rows() : b.columns();
    int n = op == Op.NONE ? b.columns() : b.rows();
    if (k == 0 || n == 0) {
      return new Empty(k, n);
    }
    return new DnnlOperand(engine, kernels, precision, op, b, workers, arena);
  }

  /**
   * The parts of B in oneDNN's layout, and for every thread a piece of B, decoded and in parts, or
   * a tile of A and of C.
   */
  static long memoryBytes(Precision precision, int k, int n, int threads) {
    long split = (long) precision.parts() * Short.BYTES;
    long parts = split * (k + LAYOUT) * (n + LAYOUT);
    long pieces = PIECE * (split + Float.BYTES) * Math.max(k, n);
    long tiles = TILE * (split * k + (long) Float.BYTES * n);
    return parts + threads * (Math.max(pieces, tiles) + SCRATCHPAD);
  }

  @Override
  public int rowsAtOnce() {
    return TILE;
  }

  @Override
  public void multiply(Matrix a, Matrix c) {
    multiply(a, c, false);
  }

  @Override
  public void multiplyAdd(Matrix a, Matrix c) {
    multiply(a, c, true);
  }

  private void multiply(Matrix a, Matrix c, boolean add) {
    checkOperands(a, k, n, c);
    try (Arena arena = Arena.ofConfined()) {
      Task task = new Task(arena);
      for (int from = 0; from < a.rows(); from += TILE) {
        int to = Math.min(a.rows(), from + TILE);
        task.multiplyTile(a.rowRange(from, to), c.rowRange(from, to), add);
      }
    }
  }

  private static void checkOperands(Matrix a, int k, int n, Matrix c) {
    Operands.checkInput("multiply", "A", a);
    Operands.checkOutput("multiply", "C", c);
    BlasShapes.checkMultiply(a, k, n, c);
  }

  /** Rows from..to of B, which are columns of op(B) under TRANSPOSE. */
  private void pack(MemorySegment part, Op op, int from, int to, MemorySegment packed) {
    if (op == Op.NONE) {
      overwriting.pack(part, new Piece(from, 0, to - from, n), n, 1, packed);
    } else {
      overwriting.pack(part, new Piece(0, from, k, to - from), 1, k, packed);
    }
  }

  private static boolean isZero(MemorySegment part) {
    // Equal to itself moved by one element, which is zero.
    return part.get(ValueLayout.JAVA_SHORT, 0) == 0
        && part.asSlice(Short.BYTES).mismatch(part.asSlice(0, part.byteSize() - Short.BYTES)) < 0;
  }

  /** One or two bfloat16 parts of a matrix, row by row without gaps. */
  private record Parts(List<MemorySegment> all, long rowBytes) {
    Parts(int count, int rows, int columns, Arena arena) {
      this(
          Stream.generate(() -> arena.allocate((long) rows * columns * Short.BYTES, 64))
              .limit(count)
              .toList(),
          (long) columns * Short.BYTES);
    }

    MemorySegment high() {
      return all.getFirst();
    }

    Optional<MemorySegment> low() {
      return all.size() > 1 ? Optional.of(all.getLast()) : Optional.empty();
    }

    void split(Kernels kernels, MemorySegment row, int index) {
      MemorySegment first = high().asSlice(index * rowBytes, rowBytes);
      if (all.size() > 1) {
        MemorySegment second = all.getLast().asSlice(index * rowBytes, rowBytes);
        kernels.conversion().splitBf16(row, first, second);
      } else {
        kernels.conversion().encodeBf16(row, first);
      }
    }

    void clearFrom(int index) {
      all.forEach(part -> part.asSlice(index * rowBytes).fill((byte) 0));
    }
  }

  /** What one call of a thread needs. */
  private final class Task {
    private final Arena arena;
    private final DnnlStream stream;
    private final Parts parts;
    private final MemorySegment highOfA;
    private final Optional<MemorySegment> lowOfA;
    private final MemorySegment scratchpad;
    private final MemorySegment scratchpadOfAdding;
    private Optional<Matrix> whole = Optional.empty();

    Task(Arena arena) {
      this.arena = arena;
      this.stream = new DnnlStream(engine, arena);
      this.parts = new Parts(partsOfA, TILE, k, arena);
      this.highOfA = overwriting.source(parts.high(), arena);
      this.lowOfA = parts.low().map(part -> overwriting.source(part, arena));
      long bytes = Math.max(overwriting.scratchpadBytes(), adding.scratchpadBytes());
      MemorySegment memory = arena.allocate(Math.max(64, bytes), 64);
      this.scratchpad = overwriting.scratchpad(memory, arena);
      this.scratchpadOfAdding = adding.scratchpad(memory, arena);
    }

    void multiplyTile(Matrix a, Matrix c, boolean add) {
      int rows = a.rows();
      for (int row = 0; row < rows; row++) {
        parts.split(kernels, a.row(row), row);
      }
      if (rows == TILE && c.stride() == n) {
        run(overwriting.destination(c.segment(), arena), add);
        return;
      }
      parts.clearFrom(rows);
      Matrix tile = whole.orElseGet(() -> Matrix.allocate(arena, TILE, n));
      whole = Optional.of(tile);
      if (add) {
        tile.rowRange(0, rows).copyFrom(c);
      }
      run(overwriting.destination(tile.segment(), arena), add);
      c.copyFrom(tile.rowRange(0, rows));
    }

    /** The smaller products first: their sum is not lost on the larger one's last bits. */
    private void run(MemorySegment c, boolean add) {
      boolean adds = add;
      if (lowOfA.isPresent()) {
        product(lowOfA.get(), high, c, adds);
        adds = true;
      }
      if (low.isPresent()) {
        product(highOfA, low.get(), c, adds);
        adds = true;
      }
      product(highOfA, high, c, adds);
    }

    private void product(MemorySegment a, MemorySegment b, MemorySegment c, boolean adds) {
      if (adds) {
        adding.run(stream, a, b, c, scratchpadOfAdding);
      } else {
        overwriting.run(stream, a, b, c, scratchpad);
      }
    }
  }

  /** A product over an inner size of zero, or without columns. */
  private record Empty(int k, int n) implements RightOperand {
    @Override
    public void multiply(Matrix a, Matrix c) {
      checkOperands(a, k, n, c);
      c.clear();
    }

    @Override
    public void multiplyAdd(Matrix a, Matrix c) {
      checkOperands(a, k, n, c);
    }
  }
}
