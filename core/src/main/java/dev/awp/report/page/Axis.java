// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.report.page;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.DoubleStream;

/**
 * Where values lie along one side of a plot.
 *
 * @param least smallest value, above 0 where the axis is logarithmic
 * @param most largest value, above the smallest
 * @param step the least distance of two ticks: 1 for what is counted, 0 for what is measured
 * @param from place of the smallest value in the picture
 * @param to place of the largest
 */
record Axis(double least, double most, boolean logarithmic, double step, double from, double to) {
  /** A label and where it stands. */
  record Tick(double value, String label) {}

  private static final int FEWEST_TICKS = 3;

  /** Of the smallest double. */
  private static final int LEAST_DECADE = -324;

  /** Values that differ by more than this ratio are read on a logarithmic axis. */
  private static final double WIDE = 8;

  /** Linear, from one value to another. */
  static Axis linear(double first, double last, double step, double from, double to) {
    return new Axis(first, Math.max(last, first + 1e-9), false, step, from, to);
  }

  /** Logarithmic, for values of which the positive ones count, with some air around. */
  static Axis logarithmic(List<Double> values, double from, double to) {
    double least = finite(values).filter(y -> y > 0).min().orElse(0.1);
    double most = finite(values).max().orElse(1);
    double high = Math.max(most, least * 1.001);
    return new Axis(least / 1.25, high * 1.25, true, 0, from, to);
  }

  /** The one that fits values: logarithmic where none is negative and they are far apart. */
  static Axis around(List<Double> values, double from, double to) {
    double least = finite(values).min().orElse(0);
    double most = finite(values).max().orElse(1);
    double positive = finite(values).filter(v -> v > 0).min().orElse(most);
    if (least >= 0 && most > WIDE * positive) {
      return logarithmic(values, from, to);
    }
    double air = most > least ? 0.08 * (most - least) : Math.max(Math.abs(most) / 10, 1e-9);
    double low = least >= 0 ? Math.max(0, least - air) : least - air;
    return new Axis(low, most + air, false, 0, from, to);
  }

  private static DoubleStream finite(List<Double> values) {
    return values.stream().mapToDouble(v -> v).filter(Double::isFinite);
  }

  /** What is not above the smallest value of a logarithmic axis lies at its end. */
  double at(double value) {
    double share =
        logarithmic
            ? (Math.log(Math.max(value, least)) - Math.log(least))
                / (Math.log(most) - Math.log(least))
            : (value - least) / (most - least);
    return from + share * (to - from);
  }

  /** At most so many. */
  List<Tick> ticks(int count) {
    if (logarithmic) {
      List<Tick> ticks = decades(count);
      if (ticks.size() >= FEWEST_TICKS) {
        return ticks;
      }
    }
    return even(count);
  }

  private List<Tick> even(int count) {
    int exponent = (int) Math.floor(Math.log10((most - least) / count));
    int[] steps = {1, 2, 5, 10, 20};
    for (int wanted : steps) {
      BigDecimal distance = BigDecimal.valueOf(wanted).scaleByPowerOfTen(exponent);
      double width = distance.doubleValue();
      if (width < step) {
        continue;
      }
      long first = (long) Math.ceil(least / width - 1e-9);
      long last = (long) Math.floor(most / width + 1e-9);
      if (last - first < count) {
        List<Tick> ticks = new ArrayList<>();
        for (long i = first; i <= last; i++) {
          BigDecimal tick = distance.multiply(BigDecimal.valueOf(i));
          ticks.add(new Tick(tick.doubleValue(), plain(tick)));
        }
        return ticks;
      }
    }
    return whole();
  }

  /** Ticks of what is counted, where the range holds only a few. */
  private List<Tick> whole() {
    List<Tick> ticks = new ArrayList<>();
    for (double tick = Math.ceil(least); tick <= most; tick += Math.max(1, step)) {
      ticks.add(new Tick(tick, plain(new BigDecimal(tick))));
    }
    return ticks;
  }

  private static String plain(BigDecimal tick) {
    return tick.signum() == 0 ? "0" : tick.stripTrailingZeros().toPlainString();
  }

  /** 1, 2 and 5 in every decade, or fewer where that would be many. */
  private List<Tick> decades(int count) {
    List<Tick> ticks = new ArrayList<>();
    for (int[] steps : new int[][] {{1, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 2, 5}, {1, 3}, {1}}) {
      ticks = decades(steps);
      if (ticks.size() <= count) {
        return ticks;
      }
    }
    int every = Math.ceilDiv(ticks.size(), count);
    List<Tick> fewer = new ArrayList<>();
    for (int i = 0; i < ticks.size(); i += every) {
      fewer.add(ticks.get(i));
    }
    return fewer;
  }

  private List<Tick> decades(int... steps) {
    List<Tick> ticks = new ArrayList<>();
    int first = Math.max(LEAST_DECADE, (int) Math.floor(Math.log10(least)));
    for (int decade = first; decade <= Double.MAX_EXPONENT * Math.log10(2); decade++) {
      for (int some : steps) {
        double tick = some * Math.pow(10, decade);
        if (tick > most) {
          return ticks;
        }
        if (tick >= least) {
          ticks.add(new Tick(tick, short1(tick)));
        }
      }
    }
    return ticks;
  }

  /** "0.02", and "2e-6" where that would be long. */
  private static String short1(double tick) {
    if (tick < 1e-4 || tick >= 1e6) {
      return String.format(Locale.ROOT, "%.0e", tick).replace("e-0", "e-");
    }
    return new BigDecimal(tick)
        .round(new MathContext(1, RoundingMode.HALF_UP))
        .stripTrailingZeros()
        .toPlainString();
  }
}
