// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.bench;

import dev.awp.AwpException;
import dev.awp.blas.Precision;
import dev.awp.blas.mixed.MixedPrecision;
import dev.awp.cli.CompressWords;
import dev.awp.compress.CompressionListener;
import dev.awp.compress.CompressionOptions;
import dev.awp.compress.walk.Compressor;
import dev.awp.compute.Compute;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * How near a whole compression comes to what the machine can do: the floating-point operations and
 * bytes of the products of each phase, the processor time that the phase takes, and the share of it
 * that the products would take at the peak rate of their precision. Work that is no product (scores
 * of choices, norms, encoding, files) counts as time and not as operations. scripts/bench-run runs
 * it.
 */
public final class Roofline {
  private static final int ORDER = 2048;
  private static final int ELEMENTS = 1 << 24;

  /** What the machine's peaks are measured for, and the run takes as they are. */
  private static final List<String> FIXED = List.of("--threads", "--precision");

  private final Meter meter;
  private final ProcessorTimes times;

  private Roofline(Meter meter, ProcessorTimes times) {
    this.meter = meter;
    this.times = times;
  }

  /** {@code MODEL OUT TEXT [OPTIONS OF awp compress]}. */
  public static void main(String[] args) throws IOException {
    Locale.setDefault(Locale.Category.FORMAT, Locale.ROOT);
    try (Compute compute =
        Compute.create(Runtime.getRuntime().availableProcessors(), MixedPrecision.Mode.AUTO)) {
      Roofline roofline = run(options(args), compute);
      String table = roofline.table(Peaks.measure(compute, ORDER, ELEMENTS));
      Environment.describe().forEach((what, value) -> System.out.println(what + ": " + value));
      System.out.print("\n" + table);
    } catch (AwpException e) {
      System.err.println("bench-run: " + e.getMessage());
      System.exit(1);
    }
  }

  private static CompressionOptions options(String[] args) {
    List<String> words = new ArrayList<>(List.of(args[0], args[1], "--calibration", args[2]));
    for (String word : Arrays.asList(args).subList(3, args.length)) {
      if (FIXED.stream().anyMatch(word::startsWith)) {
        throw new AwpException(
            word + ": the run is measured on all cores, in the precision that awp chooses");
      }
      words.add(word);
    }
    return CompressWords.read(words);
  }

  /** Compresses on the calling thread and the workers. */
  static Roofline run(CompressionOptions options, Compute compute) {
    Meter meter = new Meter(Thread.currentThread());
    ProcessorTimes times = ProcessorTimes.start();
    try {
      var _ =
          Compressor.run(
              options, "bench", MeteredBlas.meter(compute, meter), new CompressionListener() {});
    } finally {
      times.stop();
    }
    return new Roofline(meter, times);
  }

  /** What was counted. */
  Meter meter() {
    return meter;
  }

  /** A line for each phase, the peaks, and last the share that the whole run reaches. */
  String table(Peaks peaks) {
    List<List<String>> rows = new ArrayList<>();
    Counted all = new Counted(0, 0, 0, 0);
    for (Phase phase : Phase.values()) {
      Counted counted = Counted.of(phase, meter, peaks);
      rows.add(counted.row(phase.label(), times.seconds(phase)));
      all = all.plus(counted);
    }
    rows.add(new Counted(0, 0, 0, 0).row("the JVM: compilers, collector", times.ofTheJvm()));
    rows.add(all.row("**whole run**", times.seconds()));
    StringBuilder text = new StringBuilder();
    text.append(
        Markdown.table(
            List.of(
                "phase",
                "Gflop",
                "GB",
                "CPU s",
                "in products, s",
                "GFLOP/s",
                "of the peak",
                "products, of the peak"),
            rows));
    text.append("\npeaks of a thread, all threads busy:");
    peaks
        .flops()
        .forEach(
            (precision, rate) ->
                text.append(
                    " %s %s GFLOP/s,".formatted(precision.label(), Markdown.number(rate / 1e9))));
    text.append(" memory %s GB/s\n".formatted(Markdown.number(peaks.bytes() / 1e9)));
    text.append(
        "operands at the rate of memory: %s s of a processor\n"
            .formatted(Markdown.number(all.bytes / peaks.bytes())));
    return text.append(
            "%s: %s s of a processor would do for the products at the peak, the run took %s\n"
                .formatted(
                    Markdown.percent(all.atPeak / times.seconds()),
                    Markdown.number(all.atPeak),
                    Markdown.number(times.seconds())))
        .toString();
  }

  /**
   * Products in all precisions.
   *
   * @param seconds of a processor
   * @param atPeak the seconds that they would take at the peak rates
   */
  private record Counted(double flops, double bytes, double seconds, double atPeak) {
    static Counted of(Phase phase, Meter meter, Peaks peaks) {
      Counted sum = new Counted(0, 0, 0, 0);
      for (Precision precision : Precision.values()) {
        Meter.Products products = meter.products(phase, precision);
        sum =
            sum.plus(
                new Counted(
                    products.flops(),
                    products.bytes(),
                    products.nanos() / 1e9,
                    peaks.seconds(precision, products)));
      }
      return sum;
    }

    Counted plus(Counted other) {
      return new Counted(
          flops + other.flops, bytes + other.bytes, seconds + other.seconds, atPeak + other.atPeak);
    }

    /**
     * A line of the table.
     *
     * @param processor seconds of the phase
     */
    List<String> row(String what, double processor) {
      return List.of(
          what,
          Markdown.number(flops / 1e9),
          Markdown.number(bytes / 1e9),
          Markdown.number(processor),
          Markdown.number(seconds),
          Markdown.number(ratio(flops / 1e9, processor)),
          Markdown.percent(ratio(atPeak, processor)),
          Markdown.percent(ratio(atPeak, seconds)));
    }

    private static double ratio(double part, double whole) {
      return whole == 0 ? 0 : part / whole;
    }
  }
}
