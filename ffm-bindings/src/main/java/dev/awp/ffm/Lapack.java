// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.ffm;

import dev.awp.AwpException;
import dev.awp.ffm.openblas.OpenBlasHeader;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.OptionalInt;

/**
 * The Fortran calling convention on checked operands: every argument by address, the lengths of
 * character arguments at the end.
 *
 * <p>LAPACK stores columns one after the other, a {@link Matrix} rows, so LAPACK sees the
 * transpose. A symmetric matrix is its own; only the triangles change places, and our lower one is
 * LAPACK's "U". The factor U with A = U^T U that it leaves there is our L with A = L L^T, and the
 * eigenvectors in its columns lie in our rows. Nothing is copied.
 */
final class Lapack {
  /** The workspace of ssyevd, 1 + 6 n + 2 n^2 floats, is counted in 32-bit integers. */
  static final int MAX_EIGEN_ORDER = 32_766;

  private static final byte LOWER = 'U';
  private static final byte VECTORS = 'V';
  private static final long CHARACTER = 1;

  private Lapack() {}

  /** spotrf; the index of the pivot that fails. */
  static OptionalInt potrf(Matrix a) {
    if (a.size() == 0) {
      return OptionalInt.empty();
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment info = integer(arena, 0);
      OpenBlasHeader.spotrf_(
          arena.allocateFrom(ValueLayout.JAVA_BYTE, LOWER),
          integer(arena, a.rows()),
          a.segment(),
          integer(arena, a.stride()),
          info,
          CHARACTER);
      return failure("spotrf", info);
    }
  }

  /** spotri; the index of the diagonal entry that is zero. */
  static OptionalInt potri(Matrix a) {
    if (a.size() == 0) {
      return OptionalInt.empty();
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment info = integer(arena, 0);
      OpenBlasHeader.spotri_(
          arena.allocateFrom(ValueLayout.JAVA_BYTE, LOWER),
          integer(arena, a.rows()),
          a.segment(),
          integer(arena, a.stride()),
          info,
          CHARACTER);
      return failure("spotri", info);
    }
  }

  /** ssyevd with eigenvectors. */
  static void syevd(Matrix a, Matrix w) {
    int n = a.rows();
    if (n == 0) {
      return;
    }
    int floats = Math.toIntExact(1 + 6L * n + 2L * n * n);
    int integers = 3 + 5 * n;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment info = integer(arena, 0);
      OpenBlasHeader.ssyevd_(
          arena.allocateFrom(ValueLayout.JAVA_BYTE, VECTORS),
          arena.allocateFrom(ValueLayout.JAVA_BYTE, LOWER),
          integer(arena, n),
          a.segment(),
          integer(arena, a.stride()),
          w.segment(),
          arena.allocate(ValueLayout.JAVA_FLOAT, floats),
          integer(arena, floats),
          arena.allocate(ValueLayout.JAVA_INT, integers),
          integer(arena, integers),
          info,
          CHARACTER,
          CHARACTER);
      if (failure("ssyevd", info).isPresent()) {
        throw new AwpException(
            "symmetricEigen: the eigenvalues of the %s matrix did not converge".formatted(a));
      }
    }
  }

  private static MemorySegment integer(Arena arena, int value) {
    return arena.allocateFrom(ValueLayout.JAVA_INT, value);
  }

  private static OptionalInt failure(String routine, MemorySegment info) {
    int value = info.get(ValueLayout.JAVA_INT, 0);
    if (value < 0) {
      throw new IllegalStateException(routine + " refused its argument " + -value);
    }
    return value == 0 ? OptionalInt.empty() : OptionalInt.of(value - 1);
  }
}
