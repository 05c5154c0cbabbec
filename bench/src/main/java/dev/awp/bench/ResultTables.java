// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.bench;

import static dev.awp.bench.Markdown.number;
import static dev.awp.bench.Markdown.percent;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/** The results of a family as a markdown table. */
final class ResultTables {
  private ResultTables() {}

  /** Rows that move memory; with shares of its bandwidth where they come from there. */
  static String kernels(List<Measurement> results, Bandwidth bandwidth) {
    List<List<String>> rows = new ArrayList<>();
    for (Measurement m : results) {
      double gigabytes = m.gigabytesPerSecond().orElseThrow();
      Bandwidth.Rates memory = bandwidth.on(m.threads());
      boolean fromMemory = m.n() >= Bandwidth.FROM_MEMORY;
      rows.add(
          List.of(
              m.type() + "." + m.method(),
              m.parameter("form").toLowerCase(java.util.Locale.ROOT),
              Integer.toString(m.threads()),
              Long.toString(m.n()),
              number(m.nanosPerElement()),
              number(m.threads() / m.nanosPerElement()),
              number(gigabytes),
              fromMemory ? share(gigabytes, memory.triad()) : "",
              fromMemory ? share(gigabytes, memory.copy()) : "",
              scalar(results, m).map(s -> number(s.nanos() / m.nanos())).orElse("")));
    }
    return Markdown.table(
        List.of(
            "benchmark",
            "form",
            "threads",
            "elements",
            "ns/element",
            "G elements/s",
            "GB/s",
            "of triad",
            "of copy",
            "times scalar"),
        rows);
  }

  private static String share(double gigabytes, OptionalDouble of) {
    return of.isPresent() ? percent(gigabytes / of.getAsDouble()) : "";
  }

  private static Optional<Measurement> scalar(List<Measurement> results, Measurement of) {
    return results.stream()
        .filter(m -> m.parameter("form").equals(Form.SCALAR.name()))
        .filter(m -> m.type().equals(of.type()) && m.method().equals(of.method()))
        .filter(m -> m.n() == of.n())
        .findFirst();
  }

  /** Matrix products, with shares of OpenBLAS's own sgemm at that order and number of threads. */
  static String products(List<Measurement> results) {
    List<List<String>> rows = new ArrayList<>();
    for (Measurement m : results) {
      double rate = m.gigaflopsPerSecond().orElseThrow();
      Optional<Double> bare =
          results.stream()
              .filter(r -> r.method().equals("gemm") && r.parameter("blas").equals("OPENBLAS"))
              .filter(r -> r.n() == m.n() && r.parameter("cores").equals(m.parameter("cores")))
              .findFirst()
              .flatMap(Measurement::gigaflopsPerSecond);
      rows.add(
          List.of(
              m.method(),
              m.parameter("blas").toLowerCase(java.util.Locale.ROOT),
              m.parameter("cores").toLowerCase(java.util.Locale.ROOT),
              Long.toString(m.n()),
              number(m.nanos() / 1e6),
              number(rate),
              bare.map(b -> percent(rate / b)).orElse("")));
    }
    return Markdown.table(
        List.of("product", "blas", "cores", "order", "ms", "GFLOP/s", "of sgemm"), rows);
  }
}
