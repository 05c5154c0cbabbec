// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.bench;

import static dev.awp.bench.Markdown.number;
import static dev.awp.bench.Markdown.percent;

import java.util.List;
import java.util.Locale;

/** Solvers and the whole walk as markdown tables: all from what the benchmarks counted. */
final class WalkTables {
  private WalkTables() {}

  /** Iterations beside bare products, which took turns in one run. */
  static String iterations(List<Measurement> results) {
    return Markdown.table(
        List.of("solver", "cores", "order", "ms/iteration", "GFLOP/s", "of bare sgemm"),
        results.stream().map(WalkTables::iteration).toList());
  }

  private static List<String> iteration(Measurement m) {
    double iteration = m.counter("iteration") / m.counter("measurements");
    double bare = m.counter("bareProduct") / m.counter("measurements");
    return List.of(
        m.method(),
        m.parameter("cores").toLowerCase(Locale.ROOT),
        Long.toString(m.n()),
        number(iteration / 1e6),
        number(2 * Math.pow((double) m.n(), 3) / iteration),
        percent(bare / iteration));
  }

  /** Whole runs; calibration is what is not spent on layers. */
  static String compressions(List<Measurement> results) {
    return Markdown.table(
        List.of(
            "solver",
            "hidden size",
            "seconds",
            "layers/s",
            "calibration tokens/s",
            "solver GFLOP/s"),
        results.stream().map(WalkTables::compression).toList());
  }

  private static List<String> compression(Measurement m) {
    double seconds = m.counter("seconds");
    double solve = m.counter("solveSeconds");
    return List.of(
        m.parameter("solver"),
        Long.toString(m.n()),
        number(m.nanos() / 1e9),
        number(m.counter("layers") / seconds),
        number(m.counter("tokens") / (seconds - solve)),
        number(m.counter("gigaflops") / solve));
  }
}
