// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.report.page;

import java.util.Locale;

/**
 * What an axis counts in, so that its numbers are short.
 *
 * @param name "MB"
 * @param size of one unit
 */
public record Unit(String name, double size) {
  /** Of sizes of files. */
  public static Unit ofBytes(double most) {
    return of(most, "bytes", "kB", "MB", "GB", "TB");
  }

  /** Of counts. */
  static Unit ofCount(double most, String what) {
    return of(most, what, "thousand " + what, "million " + what, "billion " + what);
  }

  private static Unit of(double most, String... names) {
    int thousands = 0;
    double size = 1;
    while (most >= 1000 * size && thousands < names.length - 1) {
      size *= 1000;
      thousands++;
    }
    return new Unit(names[thousands], size);
  }

  public double in(double value) {
    return value / size;
  }

  /** A size in the unit that fits it: "1.35 MB". */
  static String bytes(double bytes) {
    Unit unit = ofBytes(bytes);
    return unit.size() == 1
        ? String.format(Locale.ROOT, "%.0f %s", bytes, unit.name())
        : String.format(Locale.ROOT, "%.3g %s", unit.in(bytes), unit.name());
  }
}
