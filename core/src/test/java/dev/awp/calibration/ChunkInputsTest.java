// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.calibration;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.blas.Precision;
import dev.awp.blas.mixed.MixedBlas;
import dev.awp.compute.Compute;
import dev.awp.fixture.RandomMatrices;
import dev.awp.fixture.RandomMatrices.Kind;
import dev.awp.fixture.RoundedProducts;
import dev.awp.tensor.Matrix;
import dev.awp.text.TokenWeights;
import java.lang.foreign.Arena;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Moments whose products are in bfloat16. */
class ChunkInputsTest {
  /** More than one piece of columns, and parts of tiles. */
  private static final int COLUMNS = 430;

  private static final int ROWS = 131;
  private static final int TOKENS = 77;

  /** Unit roundoff of bfloat16. */
  private static final double U = 0x1p-8;

  private static Compute bf16(int threads, Precision precision) {
    Compute f32 = Compute.create(threads);
    return f32.with(new MixedBlas(f32.blas(), new RoundedProducts(f32.blas(), 8, 16), precision));
  }

  private static TokenWeights weights(boolean ones) {
    float[] weights = new float[TOKENS];
    for (int t = 0; t < TOKENS; t++) {
      weights[t] = ones ? 1 : t % 4 * 0.3f;
    }
    return TokenWeights.of(weights);
  }

  @SuppressWarnings("ArrayRecordComponent") // compared by nobody
  private record Moments(float[][] c, float[][] d) {}

  private static Moments moments(Compute compute, Matrix x, Matrix drift, TokenWeights weights) {
    try (Arena arena = Arena.ofShared();
        SecondMoment second = new SecondMoment(COLUMNS, compute);
        CrossMoment cross = new CrossMoment(ROWS, COLUMNS, compute)) {
      for (int from = 0; from < TOKENS; from += 50) {
        int to = Math.min(TOKENS, from + 50);
        ChunkInputs chunk = ChunkInputs.of(x.rowRange(from, to), compute, arena);
        second.add(chunk, weights.range(from, to));
        cross.add(drift.rowRange(from, to), chunk, weights.range(from, to));
      }
      return new Moments(second.finish("test", arena).toArray(), cross.finish("test").toArray());
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void areWithinTheBoundOfRoundedFactorsAndTheSameForAllThreads(boolean ones) {
    TokenWeights weights = weights(ones);
    try (Arena arena = Arena.ofShared();
        Compute one = bf16(1, Precision.BF16);
        Compute two = bf16(2, Precision.BF16)) {
      Matrix x = RandomMatrices.of(Kind.GAUSSIAN, TOKENS, COLUMNS, 1, arena);
      Matrix drift = RandomMatrices.of(Kind.GAUSSIAN, TOKENS, ROWS, 2, arena);
      Moments moments = moments(one, x, drift, weights);
      assertNear(x, x, weights, moments.c());
      assertNear(drift, x, weights, moments.d());
      Moments same = moments(two, x, drift, weights);
      assertArrayEquals(moments.c(), same.c());
      assertArrayEquals(moments.d(), same.d());
    }
  }

  private static void assertNear(Matrix a, Matrix x, TokenWeights weights, float[][] mean) {
    assertEquals(a.columns(), mean.length);
    boolean rounded = false;
    for (int i = 0; i < mean.length; i += 5) {
      for (int j = 0; j < COLUMNS; j += 7) {
        double sum = 0;
        double magnitude = 0;
        for (int t = 0; t < TOKENS; t++) {
          double product = (double) weights.get(t) * a.get(t, i) * x.get(t, j);
          sum += product;
          magnitude += Math.abs(product);
        }
        double error = Math.abs(mean[i][j] - sum / weights.sum());
        assertTrue(error <= (2 * U + 2 * U * U) * magnitude / weights.sum(), i + ", " + j);
        rounded |= error > 1e-5 * magnitude / weights.sum();
      }
    }
    assertTrue(rounded, "no product was in bfloat16");
  }

  @Test
  void otherPrecisionsStayInFloat32() {
    try (Arena arena = Arena.ofShared();
        Compute f32 = Compute.create(2);
        Compute twoParts = bf16(2, Precision.BF16X3);
        Compute onePart = bf16(2, Precision.BF16)) {
      Matrix x = RandomMatrices.of(Kind.GAUSSIAN, TOKENS, COLUMNS, 1, arena);
      Matrix drift = RandomMatrices.of(Kind.GAUSSIAN, TOKENS, ROWS, 2, arena);
      assertFalse(ChunkInputs.of(x, twoParts, arena).isPrepared());
      float[][] expected = moments(f32, x, drift, weights(true)).c();
      assertArrayEquals(expected, moments(twoParts, x, drift, weights(true)).c());
      assertNotEquals(expected[3][2], moments(onePart, x, drift, weights(true)).c()[3][2]);
    }
  }
}
