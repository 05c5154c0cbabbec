// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.blas.mixed;

import dev.awp.AwpException;
import dev.awp.blas.Blas;
import dev.awp.blas.BlasProvider.UnavailableException;
import dev.awp.blas.Precision;
import dev.awp.kernel.Kernels;
import java.util.List;
import java.util.ServiceLoader;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which lower precisions the products of a run may have.
 *
 * @param mode what was asked for
 * @param candidates the BLAS of every precision that may be taken, the fastest first; none where
 *     all products stay in float32
 */
public record MixedPrecision(Mode mode, List<MixedBlas> candidates) {
  private static final Logger LOG = LoggerFactory.getLogger(MixedPrecision.class);

  /** The choices of {@code --precision}. */
  public enum Mode {
    /** Lower precision where the processor has it and a sample shows that it serves. */
    AUTO,
    /** float32 throughout. */
    F32,
    /** bfloat16 wherever an operand is multiplied often. */
    BF16
  }

  public MixedPrecision {
    candidates = List.copyOf(candidates);
  }

  /** float32 throughout. */
  public static MixedPrecision none() {
    return new MixedPrecision(Mode.F32, List.of());
  }

  /**
   * What this machine has for that mode.
   *
   * @param f32 runs all other products
   * @throws AwpException where bfloat16 is forced and cannot be had
   */
  public static MixedPrecision of(Mode mode, Kernels kernels, Blas f32) {
    return of(mode, kernels, f32, ServiceLoader.load(Bf16Provider.class));
  }

  static MixedPrecision of(Mode mode, Kernels kernels, Blas f32, Iterable<Bf16Provider> providers) {
    if (mode == Mode.F32) {
      return none();
    }
    String reason = "no module that multiplies bfloat16 is on the class path";
    for (Bf16Provider provider : providers) {
      try {
        Bf16Products products = provider.load(kernels);
        LOG.info("bf16: {}", products.name());
        List<Precision> precisions =
            mode == Mode.BF16 ? List.of(Precision.BF16) : products.faster();
        return new MixedPrecision(
            mode,
            precisions.stream().map(precision -> new MixedBlas(f32, products, precision)).toList());
      } catch (UnavailableException e) {
        reason = e.getMessage();
      }
    }
    if (mode == Mode.BF16) {
      throw new AwpException("--precision bf16 cannot be had: " + reason);
    }
    LOG.debug("products stay in f32: {}", reason);
    return new MixedPrecision(mode, List.of());
  }

  /** Whether the first candidate is to be taken unchecked. */
  public boolean isForced() {
    return mode == Mode.BF16;
  }

  /**
   * The most off-heap memory that a prepared operand takes beside the original, in bytes.
   *
   * @param k rows of op(B)
   * @param n its columns
   */
  public long preparedBytes(int k, int n, int threads) {
    return candidates.stream()
        .mapToLong(blas -> blas.products().memoryBytes(blas.precision(), k, n, threads))
        .max()
        .orElse(0);
  }
}
