// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.tuning;

/**
 * How a block is tuned.
 *
 * @param steps gradient steps; 0 for no tuning
 * @param seed of the order of the windows
 */
public record TuningOptions(int steps, long seed) {
  /** Windows of a step. */
  static int windows = Integer.getInteger("awp.tune.windows", 4);

  static int over;
  static float rate = Float.parseFloat(System.getProperty("awp.tune.rate", "0.5"));
  static float scale = Float.parseFloat(System.getProperty("awp.tune.scale", "0.02"));
  static float momentum = Float.parseFloat(System.getProperty("awp.tune.momentum", "0.8"));
  static float lean = Float.parseFloat(System.getProperty("awp.tune.lean", "1"));
  static float clip = Float.parseFloat(System.getProperty("awp.tune.clip", "3"));
  static double power = Double.parseDouble(System.getProperty("awp.tune.power", "0"));

  public static void set(String word) {
    for (String part : word.split(",")) {
      String[] pair = part.split("=");
      float v = Float.parseFloat(pair[1]);
      switch (pair[0]) {
        case "rate" -> rate = v;
        case "steps" -> over = (int) v;
        case "scale" -> scale = v;
        case "momentum" -> momentum = v;
        case "lean" -> lean = v;
        case "clip" -> clip = v;
        case "power" -> power = v;
        case "windows" -> windows = (int) v;
        default -> throw new IllegalArgumentException(word);
      }
    }
  }

  /** Every so many windows one is held out. */
  static final int HELD_OUT = 8;

  /** How often the held-out windows are looked at. */
  static final int LOOKS = 5;
}
