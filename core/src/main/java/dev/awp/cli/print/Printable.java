// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli.print;

import dev.awp.PlainText;
import java.time.Duration;
import java.util.Locale;

/** Text from files, sizes, times and shares on a terminal. */
public final class Printable {
  private Printable() {}

  /** The text on one line, with no characters that steer a terminal. */
  static String text(String text) {
    return PlainText.of(text);
  }

  /** A size of a file in the unit that fits: "13 GB", "1.35 MB". */
  public static String size(long bytes) {
    String[] units = {"B", "kB", "MB", "GB", "TB"};
    double value = bytes;
    int unit = 0;
    while (value >= 999.5 && unit < units.length - 1) {
      value /= 1000;
      unit++;
    }
    return String.format(
        Locale.ROOT, value < 10 && unit > 0 ? "%.2f %s" : "%.0f %s", value, units[unit]);
  }

  /** Hours, minutes and whole seconds: "1:05:09". */
  public static String clock(double seconds) {
    Duration time = Duration.ofSeconds((long) seconds);
    return String.format(
        Locale.ROOT, "%s:%02d:%02d", time.toHours(), time.toMinutesPart(), time.toSecondsPart());
  }

  /** A size in the unit that fits: "13.5 GiB". */
  static String bytes(long bytes) {
    String[] units = {"bytes", "KiB", "MiB", "GiB", "TiB"};
    double value = bytes;
    int unit = 0;
    while (value >= 1024 && unit < units.length - 1) {
      value /= 1024;
      unit++;
    }
    return unit == 0 ? bytes + " bytes" : String.format(Locale.ROOT, "%.1f %s", value, units[unit]);
  }

  /** A share in per cent: "50.0", and "0.004" rather than "0.0" for a small one. */
  static String percent(double share) {
    double percent = 100 * share;
    return percent > 0 && percent < 0.05
        ? String.format(Locale.ROOT, "%.2g", percent)
        : String.format(Locale.ROOT, "%.1f", percent);
  }
}
