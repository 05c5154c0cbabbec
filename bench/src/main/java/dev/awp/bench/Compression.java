// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.bench;

import dev.awp.compress.CompressionListener;
import dev.awp.compress.CompressionOptions;
import dev.awp.compress.ConstraintOptions;
import dev.awp.compress.Target;
import dev.awp.compress.walk.Compressor;
import dev.awp.compute.Compute;
import dev.awp.constraint.RowSparsity;
import dev.awp.demo.DemoModel;
import dev.awp.fixture.GeneratedCheckpoint;
import dev.awp.report.LayerReport;
import dev.awp.report.RunReport;
import dev.awp.solver.registry.SolverOptions;
import dev.awp.tensor.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The whole walk on a generated checkpoint, on all threads: two blocks of LLaMA's shape, hidden
 * size n, intermediate size 11/4 n, BF16, pruned by half, calibrated on 64 windows of 128 tokens.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 1)
@Measurement(iterations = 2)
public class Compression {
  private static final int BLOCKS = 2;
  private static final int HEAD = 64;
  private static final int WINDOWS = 64;
  private static final int WINDOW = 128;

  @Param({"1024"})
  public int n = 1024;

  @Param({"pgd", "auto"})
  public String solver = "pgd";

  private Path folder;
  private DemoModel.Unpacked texts;
  private Compute compute;
  private int runs;

  /** What one run did. */
  @State(Scope.Thread)
  @AuxCounters(AuxCounters.Type.EVENTS)
  public static class Work {
    /** Seconds of the run. */
    public double seconds;

    /** Seconds of the solves, reading and writing of the layers included. */
    public double solveSeconds;

    public double layers;

    /** Calibration tokens; each passes every block twice. */
    public double tokens;

    /** Operations of the solver's products, in units of 10^9. */
    public double gigaflops;

    @Setup(Level.Iteration)
    public void clear() {
      seconds = 0;
      solveSeconds = 0;
      layers = 0;
      tokens = 0;
      gigaflops = 0;
    }
  }

  @Setup(Level.Trial)
  public void setUp() throws IOException {
    folder = Files.createTempDirectory("awp-bench-");
    texts = DemoModel.unpack(folder.resolve("demo"));
    new GeneratedCheckpoint(BLOCKS, n, n * 11 / 4, n / HEAD, n / HEAD, DType.BF16)
        .write(folder.resolve("model"));
    compute = Compute.create(Cores.ALL.count());
  }

  @TearDown(Level.Trial)
  public void tearDown() throws IOException {
    compute.close();
    try (Stream<Path> tree = Files.walk(folder)) {
      for (Path path : tree.toList().reversed()) {
        Files.delete(path);
      }
    }
  }

  @Benchmark
  public double compress(Work work) {
    CompressionOptions options =
        CompressionOptions.builder(folder.resolve("model"), folder.resolve("compressed-" + runs++))
            .constraint(new ConstraintOptions(Optional.of(new RowSparsity(0.5)), Optional.empty()))
            .solver(SolverOptions.of(solver))
            .calibration(
                new CompressionOptions.Calibration(
                    List.of(texts.calibration()), WINDOWS, OptionalInt.of(WINDOW), 0))
            .target(Target.DENSE)
            .build();
    RunReport report = Compressor.run(options, "bench", compute, new CompressionListener() {});
    work.seconds = report.summary().seconds();
    work.layers = report.layers().size();
    work.tokens = (double) WINDOWS * WINDOW;
    for (LayerReport layer : report.layers()) {
      work.solveSeconds += layer.seconds();
      work.gigaflops +=
          2e-9 * layer.gemmEquivalents() * layer.rows() * layer.columns() * layer.columns();
    }
    return report.summary().meanRelativeError();
  }
}
