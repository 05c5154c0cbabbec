// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.bench;

import dev.awp.blas.Blas;
import dev.awp.blas.Blas.Op;
import dev.awp.blas.Precision;
import dev.awp.blas.RowSource;
import dev.awp.blas.mixed.MixedBlas;
import dev.awp.compute.Compute;
import dev.awp.parallel.Workers;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;

/**
 * The most that a processor gives while all threads of a run are busy.
 *
 * @param flops in a second of a processor, by the precision of square products with a right operand
 *     that was made ready
 * @param bytes in a second of a processor, by {@link MemoryBandwidth}'s triad
 */
record Peaks(Map<Precision, Double> flops, double bytes) {
  private static final int ROUNDS = 7;

  /** Bytes that an element of a triad moves. */
  private static final double TRIAD_BYTES = 12;

  Peaks {
    flops = Collections.unmodifiableMap(new EnumMap<>(flops));
  }

  /**
   * The best of several rounds.
   *
   * @param order of the products
   * @param elements of the triad's rows
   */
  static Peaks measure(Compute compute, int order, int elements) {
    Map<Precision, Double> flops = new EnumMap<>(Precision.class);
    flops.put(Precision.F32, flops(compute.blas(), Precision.F32, order, compute));
    for (MixedBlas mixed : compute.lower().candidates()) {
      flops.put(mixed.precision(), flops(mixed, mixed.precision(), order, compute));
    }
    return new Peaks(flops, bytes(compute.workers(), elements));
  }

  /** The time of a processor that products would take at these rates, in seconds. */
  double seconds(Precision precision, Meter.Products products) {
    return products.flops() == 0 ? 0 : products.flops() / flops.get(precision);
  }

  private static double flops(Blas blas, Precision precision, int order, Compute compute) {
    Workers workers = compute.workers();
    double best = 0;
    try (Arena arena = Arena.ofShared()) {
      Matrix a = Matrix.allocate(arena, order, order);
      Matrix b = Matrix.allocate(arena, order, order);
      Matrix c = Matrix.allocate(arena, order, order);
      Row.fill(a.segment(), 1);
      Row.fill(b.segment(), 2);
      var prepared = blas.prepare(Op.NONE, RowSource.of(b), workers, arena);
      for (int round = 0; round < ROUNDS; round++) {
        Meter meter = new Meter(Thread.currentThread());
        var operand = MeteredBlas.metered(prepared, precision, meter);
        workers.forEachBlock(
            order,
            workers.partRows(order),
            (from, to) -> operand.multiply(a.rowRange(from, to), c.rowRange(from, to)));
        Meter.Products products = meter.products(precision);
        best = Math.max(best, products.flops() * 1e9 / products.nanos());
      }
    }
    return best;
  }

  /** One thread's share while all move rows of their own. */
  private static double bytes(Workers workers, int elements) {
    double[] best = new double[workers.threads()];
    workers.forEachIndex(
        best.length,
        1,
        thread -> {
          MemoryBandwidth memory = new MemoryBandwidth();
          memory.n = elements;
          memory.setUp();
          try {
            for (int round = 0; round < ROUNDS; round++) {
              long start = Meter.start();
              var _ = memory.triad();
              long nanos = Math.max(1, Meter.start() - start);
              best[thread] = Math.max(best[thread], TRIAD_BYTES * elements * 1e9 / nanos);
            }
          } finally {
            memory.tearDown();
          }
        });
    return Arrays.stream(best).average().orElseThrow();
  }
}
