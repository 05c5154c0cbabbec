// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.bench;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/** What can be asked for by name. */
enum Family {
  MEMORY,
  CONVERSION,
  ARITHMETIC,
  SELECTION,
  GRID,
  NETWORK,
  PRODUCTS,
  SOLVER,
  COMPRESSION;

  List<Class<?>> benchmarks() {
    return switch (this) {
      case MEMORY -> List.of(MemoryBandwidth.class);
      case CONVERSION -> List.of(Decode.class);
      case ARITHMETIC -> List.of(Update.class, MaskedStep.class);
      case SELECTION -> List.of(TopK.class, Groups.class);
      case GRID -> List.of(Quantize.class);
      case NETWORK -> List.of(Network.class);
      case PRODUCTS -> List.of(Products.class, MixedProducts.class);
      case SOLVER -> List.of(SolverIteration.class);
      case COMPRESSION -> List.of(Compression.class);
    };
  }

  /** The word on the command line, and the name of the result files. */
  String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Whether the results are compared with the memory's bandwidth. */
  boolean needsBandwidth() {
    return benchmarks().stream().anyMatch(KernelBenchmark.class::isAssignableFrom);
  }

  /** Settings for a first look: few and short measurements. */
  void shorten(ChainedOptionsBuilder options) {
    options.measurementIterations(2);
    if (needsBandwidth() || this == MEMORY) {
      // The warm-up stays: until C2 is done, every vector is an object, a thousand times as slow.
      options.measurementTime(TimeValue.milliseconds(100));
    } else {
      options.warmupIterations(1).param("n", this == COMPRESSION ? "256" : "1024");
    }
  }

  /** The family's results as a markdown table. */
  String table(List<Measurement> results, Bandwidth bandwidth) {
    return switch (this) {
      case MEMORY, CONVERSION, ARITHMETIC, SELECTION, GRID, NETWORK ->
          ResultTables.kernels(results, bandwidth);
      case PRODUCTS -> ResultTables.products(results);
      case SOLVER -> WalkTables.iterations(results);
      case COMPRESSION -> WalkTables.compressions(results);
    };
  }

  static Optional<Family> of(String word) {
    return Arrays.stream(values()).filter(f -> f.word().equals(word)).findFirst();
  }
}
