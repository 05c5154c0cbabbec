// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.ffm;

import static dev.awp.ffm.openblas.OpenBlasHeader.CblasLeft;
import static dev.awp.ffm.openblas.OpenBlasHeader.CblasLower;
import static dev.awp.ffm.openblas.OpenBlasHeader.CblasNoTrans;
import static dev.awp.ffm.openblas.OpenBlasHeader.CblasRight;
import static dev.awp.ffm.openblas.OpenBlasHeader.CblasRowMajor;
import static dev.awp.ffm.openblas.OpenBlasHeader.CblasTrans;

import dev.awp.blas.Blas;
import dev.awp.blas.BlasProvider.UnavailableException;
import dev.awp.blas.BlasShapes;
import dev.awp.ffm.openblas.OpenBlasHeader;
import dev.awp.tensor.Matrix;
import java.util.OptionalInt;

/**
 * OpenBLAS on matrices. Every argument is checked before the native call, so that none can crash
 * the JVM; what does not fit is an IllegalArgumentException that names routine and operand, and
 * memory that is gone an IllegalStateException.
 *
 * <p>Values: products follow IEEE arithmetic, NaN and infinities included, but an operand that a
 * factor of zero makes irrelevant is not read (A and B for alpha = 0, C for beta = 0). The
 * factorizations refuse NaN and infinities with an {@link dev.awp.AwpException}.
 *
 * <p>Calls run on the calling thread, and any number of threads may call at once. Their results on
 * one machine depend on the operands alone. They are plain downcalls, not critical ones: a product
 * may take seconds, in which the garbage collector must be able to stop the other threads.
 */
public final class OpenBlas implements Blas {
  /** Which side of a product the symmetric factor of {@link #symm} stands on. */
  public enum Side {
    LEFT,
    RIGHT
  }

  private final NativeLibrary library;

  private OpenBlas(NativeLibrary library) {
    this.library = library;
  }

  /**
   * Finds and loads the library: see {@link OpenBlasProvider}.
   *
   * @throws UnavailableException with the reason, in one sentence, where it cannot be had here
   */
  public static OpenBlas load() throws UnavailableException {
    return new OpenBlas(NativeLibrary.load());
  }

  /** Library, version and the processor family of its kernels: "OpenBLAS 0.3.31 SkylakeX". */
  @Override
  public String name() {
    return "OpenBLAS " + library.version() + " " + library.core();
  }

  /** What was loaded, and from where. */
  public NativeLibrary library() {
    return library;
  }

  @Override
  public void gemm(Op opA, Op opB, float alpha, Matrix a, Matrix b, float beta, Matrix c) {
    Operands.checkInput("gemm", "A", a);
    Operands.checkInput("gemm", "B", b);
    Operands.checkOutput("gemm", "C", c);
    BlasShapes.checkGemm(opA, opB, a, b, c);
    // The kernels for small matrices multiply by an alpha of zero; an inner size of zero skips all.
    int inner = opA == Op.NONE ? a.columns() : a.rows();
    OpenBlasHeader.cblas_sgemm(
        CblasRowMajor(),
        transpose(opA),
        transpose(opB),
        c.rows(),
        c.columns(),
        alpha == 0 ? 0 : inner,
        alpha,
        a.segment(),
        leading(a),
        b.segment(),
        leading(b),
        beta,
        c.segment(),
        leading(c));
  }

  @Override
  public void syrk(float alpha, Matrix a, float beta, Matrix c) {
    Operands.checkInput("syrk", "A", a);
    Operands.checkOutput("syrk", "C", c);
    BlasShapes.checkSyrk(a, c);
    OpenBlasHeader.cblas_ssyrk(
        CblasRowMajor(),
        CblasLower(),
        CblasTrans(),
        c.rows(),
        alpha == 0 ? 0 : a.rows(),
        alpha,
        a.segment(),
        leading(a),
        beta,
        c.segment(),
        leading(c));
  }

  /**
   * C = alpha S B + beta C (LEFT) or C = alpha B S + beta C (RIGHT) for a symmetric S. It takes as
   * long as {@link #gemm}; it saves filling in the other triangle.
   *
   * @param s symmetric; only its lower triangle is read
   * @param b [m, n]
   * @param c [m, n]; must not share memory with s or b
   */
  public void symm(Side side, float alpha, Matrix s, Matrix b, float beta, Matrix c) {
    Operands.checkInput("symm", "S", s);
    Operands.checkInput("symm", "B", b);
    Operands.checkOutput("symm", "C", c);
    Operands.checkSquare("symm", "S", s);
    int order = side == Side.LEFT ? b.rows() : b.columns();
    if (s.rows() != order || c.rows() != b.rows() || c.columns() != b.columns()) {
      throw new IllegalArgumentException(
          "symm: B is %s and S on the %s, so S must be [%s, %s] and C %s; S is %s, C is %s"
              .formatted(b, side, order, order, b, s, c));
    }
    Operands.checkDistinct("symm", "S", s, "C", c);
    Operands.checkDistinct("symm", "B", b, "C", c);
    OpenBlasHeader.cblas_ssymm(
        CblasRowMajor(),
        side == Side.LEFT ? CblasLeft() : CblasRight(),
        CblasLower(),
        c.rows(),
        c.columns(),
        alpha,
        s.segment(),
        leading(s),
        b.segment(),
        leading(b),
        beta,
        c.segment(),
        leading(c));
  }

  /**
   * The Cholesky factor of a symmetric positive definite matrix: A = L L^T, in place.
   *
   * @param a [n, n]; its lower triangle is read and replaced by L, the rest is left as it is
   * @return empty on success; else the first index k for which the leading [k + 1, k + 1] part of A
   *     is not positive definite in float32, and the lower triangle is left half done
   * @throws dev.awp.AwpException if an entry is not finite
   */
  public OptionalInt cholesky(Matrix a) {
    checkFactor("cholesky", a);
    return Lapack.potrf(a);
  }

  /**
   * The inverse of a symmetric positive definite matrix from its Cholesky factor, in place.
   *
   * @param l [n, n]; its lower triangle, L as {@link #cholesky} leaves it, is replaced by the lower
   *     triangle of (L L^T)^-1; the rest is left as it is
   * @return empty on success; else the first index k for which L(k, k) is zero, and there is no
   *     inverse
   * @throws dev.awp.AwpException if an entry is not finite
   */
  public OptionalInt invertCholesky(Matrix l) {
    checkFactor("invertCholesky", l);
    return Lapack.potri(l);
  }

  /**
   * Eigenvalues and eigenvectors of a symmetric matrix, by divide and conquer: A = V^T diag(w) V
   * with the eigenvectors in the rows of V. Takes 2 n^2 floats of scratch memory.
   *
   * @param a [n, n], n at most {@value Lapack#MAX_EIGEN_ORDER}; its lower triangle is read, all of
   *     it is replaced by V: row i is the eigenvector of eigenvalue i
   * @param w [1, n]; takes the eigenvalues, ascending
   * @throws dev.awp.AwpException if an entry is not finite, or the iteration does not converge
   */
  public void symmetricEigen(Matrix a, Matrix w) {
    Operands.checkOutput("symmetricEigen", "A", a);
    Operands.checkOutput("symmetricEigen", "W", w);
    Operands.checkSquare("symmetricEigen", "A", a);
    int n = a.rows();
    if (n > Lapack.MAX_EIGEN_ORDER) {
      throw new IllegalArgumentException(
          "symmetricEigen: A is %s; LAPACK's 32-bit integers allow %s rows at most"
              .formatted(a, Lapack.MAX_EIGEN_ORDER));
    }
    if (w.rows() != 1 || w.columns() != n) {
      throw new IllegalArgumentException(
          "symmetricEigen: A is %s, so W must be [1, %s]; W is %s".formatted(a, n, w));
    }
    Operands.checkDistinct("symmetricEigen", "A", a, "W", w);
    Operands.checkFiniteLowerTriangle("symmetricEigen", a);
    Lapack.syevd(a, w);
  }

  private static void checkFactor(String routine, Matrix a) {
    Operands.checkOutput(routine, "A", a);
    Operands.checkSquare(routine, "A", a);
    Operands.checkFiniteLowerTriangle(routine, a);
  }

  private static int transpose(Op op) {
    return op == Op.NONE ? CblasNoTrans() : CblasTrans();
  }

  /** BLAS wants a leading dimension of at least 1, for matrices without columns too. */
  private static int leading(Matrix matrix) {
    return Math.max(1, matrix.stride());
  }
}
