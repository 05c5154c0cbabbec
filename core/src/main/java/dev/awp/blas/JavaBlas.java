// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.blas;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.kernel.Kernels;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Dense products without a native library: blocked for the caches and packed as in Goto and van de
 * Geijn, "Anatomy of High-Performance Matrix Multiplication" (2008), around the kernel {@link
 * dev.awp.kernel.ArithmeticKernels#multiplyPanels}. Every element of C sums its products in the
 * same order whatever rows or columns a call covers, so splitting a call changes no bit.
 */
public final class JavaBlas implements Blas {
  /** Depth of a packed block: a panel of A and one of B stay in the first-level cache. */
  private static final int DEPTH = 256;

  /** Rows of a packed block of A, at most: it stays in the second-level cache. */
  private static final int ROWS = 240;

  /** Columns of a packed block of B, at most. */
  private static final int COLUMNS = 3072;

  /** Rows of a block of {@link #syrk}. */
  private static final int SYRK_ROWS = 128;

  private final Kernels kernels;

  public JavaBlas(Kernels kernels) {
    this.kernels = kernels;
  }

  @Override
  public String name() {
    return "java (" + kernels.name() + ")";
  }

  @Override
  public void gemm(Op opA, Op opB, float alpha, Matrix a, Matrix b, float beta, Matrix c) {
    BlasShapes.checkGemm(opA, opB, a, b, c);
    scale(c, beta);
    int depth = opA == Op.NONE ? a.columns() : a.rows();
    if (c.size() == 0 || depth == 0 || alpha == 0) {
      return;
    }
    try (Arena arena = Arena.ofConfined()) {
      new Product(opA, opB, alpha, a, b, c, depth, arena).run();
    }
  }

  @Override
  public void syrk(float alpha, Matrix a, float beta, Matrix c) {
    BlasShapes.checkSyrk(a, c);
    int n = a.columns();
    try (Arena arena = Arena.ofConfined()) {
      Matrix scratch = Matrix.allocate(arena, Math.min(n, SYRK_ROWS), Math.min(n, SYRK_ROWS));
      for (int from = 0; from < n; from += SYRK_ROWS) {
        int to = Math.min(n, from + SYRK_ROWS);
        Matrix rows = c.rowRange(from, to);
        Matrix columns = a.columnRange(from, to);
        if (from > 0) {
          Matrix before = a.columnRange(0, from);
          gemm(Op.TRANSPOSE, Op.NONE, alpha, columns, before, beta, rows.columnRange(0, from));
        }
        Matrix square = scratch.rowRange(0, to - from).columnRange(0, to - from);
        gemm(Op.TRANSPOSE, Op.NONE, alpha, columns, columns, 0, square);
        addLowerTriangle(square, beta, rows.columnRange(from, to));
      }
    }
  }

  private void addLowerTriangle(Matrix square, float beta, Matrix c) {
    for (int r = 0; r < c.rows(); r++) {
      MemorySegment from = square.row(r).asSlice(0, (r + 1L) * Float.BYTES);
      MemorySegment into = c.row(r).asSlice(0, (r + 1L) * Float.BYTES);
      if (beta == 0) {
        into.copyFrom(from);
      } else {
        kernels.arithmetic().multiplyAdd(beta, into, from, into);
      }
    }
  }

  private void scale(Matrix c, float beta) {
    if (beta == 0) {
      c.clear();
    } else if (beta != 1) {
      for (int r = 0; r < c.rows(); r++) {
        kernels.arithmetic().scale(c.row(r), beta, c.row(r));
      }
    }
  }

  /** One product with its packed blocks. */
  private final class Product {
    private final Op opA;
    private final Op opB;
    private final float alpha;
    private final Matrix a;
    private final Matrix b;
    private final Matrix c;
    private final int depth;
    private final int panelRows = kernels.arithmetic().panelRows();
    private final int panelColumns = kernels.arithmetic().panelColumns();
    private final int blockRows;
    private final int blockColumns;
    private final MemorySegment packedA;
    private final MemorySegment packedB;
    private final MemorySegment tile;

    Product(Op opA, Op opB, float alpha, Matrix a, Matrix b, Matrix c, int depth, Arena arena) {
      this.opA = opA;
      this.opB = opB;
      this.alpha = alpha;
      this.a = a;
      this.b = b;
      this.c = c;
      this.depth = depth;
      this.blockRows = roundUp(Math.min(ROWS, c.rows()), panelRows);
      this.blockColumns = roundUp(Math.min(COLUMNS, c.columns()), panelColumns);
      int blockDepth = Math.min(DEPTH, depth);
      this.packedA = arena.allocate((long) blockRows * blockDepth * Float.BYTES, 64);
      this.packedB = arena.allocate((long) blockColumns * blockDepth * Float.BYTES, 64);
      this.tile = arena.allocate((long) panelRows * panelColumns * Float.BYTES, 64);
    }

    void run() {
      for (int j = 0; j < c.columns(); j += blockColumns) {
        int columns = Math.min(blockColumns, c.columns() - j);
        for (int p = 0; p < depth; p += DEPTH) {
          int inner = Math.min(DEPTH, depth - p);
          packB(p, inner, j, columns);
          for (int i = 0; i < c.rows(); i += blockRows) {
            int rows = Math.min(blockRows, c.rows() - i);
            packA(i, rows, p, inner);
            multiplyBlock(i, rows, j, columns, inner);
          }
        }
      }
    }

    private void multiplyBlock(int i, int rows, int j, int columns, int inner) {
      for (int jr = 0; jr < columns; jr += panelColumns) {
        MemorySegment panelB = panel(packedB, jr, inner, panelColumns);
        for (int ir = 0; ir < rows; ir += panelRows) {
          MemorySegment panelA = panel(packedA, ir, inner, panelRows);
          int tileRows = Math.min(panelRows, rows - ir);
          int tileColumns = Math.min(panelColumns, columns - jr);
          if (tileRows == panelRows && tileColumns == panelColumns) {
            long start = ((long) (i + ir) * c.stride() + j + jr) * Float.BYTES;
            long extent = ((panelRows - 1L) * c.stride() + panelColumns) * Float.BYTES;
            MemorySegment target = c.segment().asSlice(start, extent);
            kernels.arithmetic().multiplyPanels(inner, panelA, panelB, target, c.stride());
          } else {
            tile.fill((byte) 0);
            kernels.arithmetic().multiplyPanels(inner, panelA, panelB, tile, panelColumns);
            addTile(i + ir, tileRows, j + jr, tileColumns);
          }
        }
      }
    }

    private void addTile(int row, int rows, int column, int columns) {
      for (int r = 0; r < rows; r++) {
        MemorySegment target =
            c.row(row + r).asSlice((long) column * Float.BYTES, (long) columns * Float.BYTES);
        MemorySegment sums =
            tile.asSlice((long) r * panelColumns * Float.BYTES, (long) columns * Float.BYTES);
        kernels.arithmetic().add(target, sums, target);
      }
    }

    private MemorySegment panel(MemorySegment packed, int first, int inner, int width) {
      long bytes = (long) inner * width * Float.BYTES;
      return packed.asSlice((long) first / width * bytes, bytes);
    }

    /** alpha op(A), rows i.., depth p..: panels of panelRows rows, depth by depth, zero-padded. */
    private void packA(int i, int rows, int p, int inner) {
      MemorySegment source = a.segment();
      long stride = a.stride();
      long rowStep = opA == Op.NONE ? stride : 1;
      long depthStep = opA == Op.NONE ? 1 : stride;
      for (int ir = 0; ir < rows; ir += panelRows) {
        long out = (long) ir * inner;
        for (int r = 0; r < panelRows; r++) {
          if (ir + r < rows) {
            long at = (i + ir + r) * rowStep + p * depthStep;
            for (int k = 0; k < inner; k++) {
              float value = alpha * source.getAtIndex(JAVA_FLOAT, at + k * depthStep);
              packedA.setAtIndex(JAVA_FLOAT, out + (long) k * panelRows + r, value);
            }
          } else {
            for (int k = 0; k < inner; k++) {
              packedA.setAtIndex(JAVA_FLOAT, out + (long) k * panelRows + r, 0);
            }
          }
        }
      }
    }

    /** op(B), depth p.., columns j..: panels of panelColumns columns, zero-padded. */
    private void packB(int p, int inner, int j, int columns) {
      for (int jr = 0; jr < columns; jr += panelColumns) {
        MemorySegment panel = panel(packedB, jr, inner, panelColumns);
        int width = Math.min(panelColumns, columns - jr);
        if (width < panelColumns) {
          panel.fill((byte) 0);
        }
        if (opB == Op.NONE) {
          packColumns(panel, p, inner, j + jr, width);
        } else {
          packRows(panel, p, inner, j + jr, width);
        }
      }
    }

    private void packColumns(MemorySegment panel, int p, int inner, int column, int width) {
      for (int k = 0; k < inner; k++) {
        long from = ((long) (p + k) * b.stride() + column) * Float.BYTES;
        long to = (long) k * panelColumns * Float.BYTES;
        MemorySegment.copy(b.segment(), from, panel, to, (long) width * Float.BYTES);
      }
    }

    /** Rows of B become columns of the panel; each is read from first to last. */
    private void packRows(MemorySegment panel, int p, int inner, int row, int width) {
      for (int x = 0; x < width; x++) {
        long start = ((long) (row + x) * b.stride() + p) * Float.BYTES;
        MemorySegment source = b.segment().asSlice(start, (long) inner * Float.BYTES);
        for (int k = 0; k < inner; k++) {
          float value = source.getAtIndex(JAVA_FLOAT, k);
          panel.setAtIndex(JAVA_FLOAT, (long) k * panelColumns + x, value);
        }
      }
    }

    private static int roundUp(int value, int multiple) {
      return Math.ceilDiv(value, multiple) * multiple;
    }
  }
}
