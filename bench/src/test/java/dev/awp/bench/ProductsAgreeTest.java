// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.bench;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import dev.awp.blas.BlasProvider.UnavailableException;
import dev.awp.tensor.Matrix;
import java.lang.foreign.ValueLayout;
import java.util.function.Function;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** Both libraries, on one thread and on all, compute the same products. */
class ProductsAgreeTest {
  private static final int N = 103;

  @Test
  void variantsOfGemmAgree() {
    check(Products::gemm);
  }

  @Test
  void variantsOfTransposedGemmAgree() {
    check(Products::gemmTransposed);
  }

  @Test
  void variantsOfSyrkAgree() {
    check(Products::syrk);
  }

  private static void check(Function<Products, Matrix> product) {
    float[] expected = run(Library.JAVA, Cores.ONE, product);
    for (Library library : Library.values()) {
      for (Cores cores : Cores.values()) {
        assertArrayEquals(
            expected, run(library, cores, product), 1e-3f, library + " on cores " + cores);
      }
    }
  }

  private static float[] run(Library library, Cores cores, Function<Products, Matrix> product) {
    Products products = new Products();
    products.n = N;
    products.blas = library;
    products.cores = cores;
    products.setUp();
    try {
      return product.apply(products).segment().toArray(ValueLayout.JAVA_FLOAT);
    } finally {
      products.tearDown();
    }
  }

  /**
   * One part moves a product by at most 2^-8 of it, and the magnitudes of 103 products of normal
   * variates add up to some 66.
   */
  @Test
  void productsInPartsAgree() {
    checkMixed(MixedProducts::bf16, Products::gemm, 0.3f);
    checkMixed(MixedProducts::bf16x3, Products::gemm, 1e-3f);
    checkMixed(MixedProducts::preparedTransposed, Products::gemmTransposed, 0.3f);
  }

  private static void checkMixed(
      Function<MixedProducts, Matrix> product, Function<Products, Matrix> full, float bound) {
    float[] expected = run(Library.JAVA, Cores.ONE, full);
    for (Cores cores : Cores.values()) {
      MixedProducts products = new MixedProducts();
      products.n = N;
      products.cores = cores;
      try {
        products.setUp();
      } catch (UnavailableException e) {
        Assumptions.abort(e.getMessage());
      }
      try {
        float[] actual = product.apply(products).segment().toArray(ValueLayout.JAVA_FLOAT);
        assertArrayEquals(expected, actual, bound, "on cores " + cores);
      } finally {
        products.tearDown();
      }
    }
  }
}
