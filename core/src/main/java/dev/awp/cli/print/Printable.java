// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli.print;

import dev.awp.PlainText;
import java.util.Locale;

/** Text from files on a terminal. */
final class Printable {
  private Printable() {}

  /** The text on one line, with no characters that steer a terminal. */
  static String text(String text) {
    return PlainText.of(text);
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
