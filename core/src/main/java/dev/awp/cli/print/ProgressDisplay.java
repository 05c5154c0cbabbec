// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli.print;

import dev.awp.compress.CompressionListener;
import dev.awp.report.LayerReport;
import java.io.Console;
import java.io.PrintStream;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/**
 * Progress on standard error: one moving line with block, layer, error, elapsed time and ETA on a
 * terminal, a line for every layer elsewhere, so that a log file stays readable.
 */
public interface ProgressDisplay extends CompressionListener, AutoCloseable {
  @Override
  void close();

  /** The display that fits where standard error goes. */
  @SuppressWarnings("SystemConsoleNull") // it is null where input or output is no terminal
  static ProgressDisplay forTerminal() {
    Console console = System.console();
    boolean terminal = console != null && console.isTerminal() && System.getenv("CI") == null;
    return terminal ? new Bar() : lines(System.err, false);
  }

  /** Plain lines, for every iteration too where that is wanted. */
  static ProgressDisplay lines(PrintStream out, boolean iterations) {
    return new Lines(out, iterations);
  }

  /** No progress at all. */
  static ProgressDisplay silent() {
    return () -> {};
  }

  /** Plain lines. */
  final class Lines implements ProgressDisplay {
    /** What GPTQ and SparseGPT add to the diagonal of C, in units of its mean. */
    private static final double USUAL_DAMPING = 0.01;

    private final PrintStream out;
    private final boolean iterations;
    private final long start = System.nanoTime();
    private int blocks;
    private int layers;
    private int done;
    private long work;
    private long workDone;
    private long solveStart = start;

    Lines(PrintStream out, boolean iterations) {
      this.out = out;
      this.iterations = iterations;
    }

    @Override
    public void planned(int blocks, int layers, long work) {
      this.blocks = blocks;
      this.layers = layers;
      this.work = work;
      this.solveStart = System.nanoTime();
    }

    @Override
    public void step(String what) {
      out.println(Printable.text(what));
    }

    @Override
    public void iteration(String layer, int iteration, double relativeError) {
      if (iterations) {
        out.printf(
            Locale.ROOT,
            "%s: iteration %s, relative error %.4g%n",
            layer,
            iteration,
            relativeError);
      }
    }

    @Override
    public void restored(int layers, long share) {
      done += layers;
      work -= share;
      out.printf("going on: %s of %s layers are finished%n", done, this.layers);
    }

    @Override
    public void layerFinished(int block, LayerReport layer, long share) {
      done++;
      workDone += share;
      out.printf(
          Locale.ROOT,
          "[%s/%s] %s%s: relative error %.4g, %s iterations%s, elapsed %s, ETA %s%n",
          done,
          layers,
          block >= 0 && block < blocks ? "block %s/%s ".formatted(block + 1, blocks) : "",
          Printable.text(layer.name()),
          layer.relativeError(),
          layer.iterations(),
          raised(layer.damping()),
          Printable.clock((System.nanoTime() - start) / 1e9),
          eta().map(Printable::clock).orElse("-"));
    }

    /** A second moment that needs more than every method adds anyway is worth a look. */
    private static String raised(double damping) {
      return damping > USUAL_DAMPING
          ? String.format(Locale.ROOT, ", damping raised to %.1g", damping)
          : "";
    }

    /** Seconds. */
    private Optional<Double> eta() {
      if (workDone == 0) {
        return Optional.empty();
      }
      double perWork = (double) (System.nanoTime() - solveStart) / workDone;
      return Optional.of(perWork * (work - workDone) / 1e9);
    }

    @Override
    public void close() {
      out.flush();
    }
  }

  /** One moving line. */
  final class Bar implements ProgressDisplay {
    private static final Pattern LAYER = Pattern.compile(".*\\.(\\d+)\\..*\\.([^.]+)");

    private Optional<ProgressBar> bar = Optional.empty();
    private int blocks;

    @Override
    public void planned(int blocks, int layers, long work) {
      this.blocks = blocks;
      // Progress is counted in multiply-adds of one product with C for each layer.
      bar =
          Optional.of(
              new ProgressBarBuilder()
                  .setTaskName("solving")
                  .setInitialMax(work)
                  .setUnit(work < 1e13 ? " MMAC" : " GMAC", work < 1e13 ? 1_000_000 : 1_000_000_000)
                  .setStyle(ProgressBarStyle.ASCII)
                  .setUpdateIntervalMillis(250)
                  .setConsumer(TerminalLine.standardError())
                  .build());
    }

    @Override
    public void step(String what) {
      if (bar.isPresent()) {
        bar.get().setExtraMessage(Printable.text(what));
      } else {
        System.err.println(Printable.text(what));
      }
    }

    @Override
    public void iteration(String layer, int iteration, double relativeError) {
      bar.ifPresent(
          b ->
              b.setExtraMessage(
                  String.format(
                      Locale.ROOT, "%s %.3g #%s", shortName(layer), relativeError, iteration)));
    }

    /** "model.layers.3.mlp.up_proj" as "3/32 up_proj": a terminal line has little room. */
    private String shortName(String layer) {
      Matcher parts = LAYER.matcher(layer);
      return parts.matches()
          ? (Integer.parseInt(parts.group(1)) + 1) + "/" + blocks + " " + parts.group(2)
          : Printable.text(layer);
    }

    @Override
    public void restored(int layers, long work) {
      bar.ifPresent(b -> b.stepBy(work));
    }

    @Override
    public void layerFinished(int block, LayerReport layer, long work) {
      bar.ifPresent(
          b -> {
            b.setExtraMessage(
                String.format(
                    Locale.ROOT, "%s %.3g", shortName(layer.name()), layer.relativeError()));
            b.stepBy(work);
          });
    }

    @Override
    public void close() {
      bar.ifPresent(ProgressBar::close);
      bar = Optional.empty();
    }
  }
}
