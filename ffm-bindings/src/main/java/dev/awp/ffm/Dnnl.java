// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.ffm;

import dev.awp.blas.Blas.Op;
import dev.awp.blas.BlasProvider.UnavailableException;
import dev.awp.blas.Precision;
import dev.awp.blas.RightOperand;
import dev.awp.blas.RowSource;
import dev.awp.blas.mixed.Bf16Products;
import dev.awp.ffm.DnnlLibrary.Instructions;
import dev.awp.ffm.dnnl.DnnlHeader;
import dev.awp.kernel.Kernels;
import dev.awp.parallel.Workers;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Locale;

/**
 * bfloat16 products by oneDNN's matmul primitive. Calls run on the calling thread alone, and any
 * number of threads may call at once.
 *
 * <p>oneDNN's blocking depends on the number of rows, and with it the order of sums. So it is only
 * ever given {@link DnnlMatmul#TILE} rows: what a row becomes does not depend on the rows beside it
 * or on how rows are shared out to threads.
 */
final class Dnnl implements Bf16Products {
  private final DnnlLibrary library;
  private final Kernels kernels;
  private final MemorySegment engine;

  private Dnnl(DnnlLibrary library, Kernels kernels) {
    this.library = library;
    this.kernels = kernels;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = arena.allocate(ValueLayout.ADDRESS);
      Status.check(
          "dnnl_engine_create", DnnlHeader.dnnl_engine_create(out, DnnlHeader.dnnl_cpu(), 0));
      // Never destroyed: it lives as long as the library, which the JVM does not unload.
      this.engine = out.get(ValueLayout.ADDRESS, 0);
    }
  }

  /**
   * Finds and loads the library, on whatever processor.
   *
   * @throws UnavailableException with the reason, in one sentence, where it cannot be had here
   */
  static Dnnl load(Kernels kernels) throws UnavailableException {
    return new Dnnl(DnnlLibrary.get(), kernels);
  }

  Instructions instructions() {
    return library.instructions();
  }

  @Override
  public String name() {
    return "oneDNN %s %s"
        .formatted(library.version(), instructions().name().toLowerCase(Locale.ROOT));
  }

  /** On AVX512-BF16 a product takes half of float32's time, so three would take longer. */
  @Override
  public List<Precision> faster() {
    return switch (instructions()) {
      case AMX -> List.of(Precision.BF16, Precision.BF16X3);
      case AVX512_BF16 -> List.of(Precision.BF16);
      case NONE -> List.of();
    };
  }

  @Override
  public long memoryBytes(Precision precision, int k, int n, int threads) {
    return DnnlOperand.memoryBytes(precision, k, n, threads);
  }

  @Override
  public RightOperand prepare(
      Precision precision, Op op, RowSource b, Workers workers, Arena arena) {
    if (precision == Precision.F32) {
      throw new IllegalArgumentException("prepare: f32 has no bfloat16 parts");
    }
    return DnnlOperand.of(engine, kernels, precision, op, b, workers, arena);
  }
}
