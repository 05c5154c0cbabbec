// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.calibration;

import dev.awp.AwpException;
import dev.awp.text.TokenStream;
import dev.awp.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Token windows that second moments are taken from.
 *
 * @param windows [sequences][length]
 * @param length tokens of a window
 * @param textTokens tokens of all files together
 */
public record CalibrationSet(List<int[]> windows, int length, int textTokens) {
  private static final Logger LOG = LoggerFactory.getLogger(CalibrationSet.class);

  public CalibrationSet {
    windows = List.copyOf(windows);
  }

  /**
   * Cuts windows at random from the tokens of the files. Windows do not overlap: the text is
   * divided into slots of one window, and {@code sequences} of them are drawn without replacement.
   * A text with fewer slots gives all of them, and a warning.
   */
  public static CalibrationSet load(
      List<Path> files, Tokenizer tokenizer, int sequences, int length, long seed) {
    if (sequences < 1 || length < 1) {
      throw new AwpException(
          "calibration needs at least 1 window of 1 token, not %d of %d"
              .formatted(sequences, length));
    }
    int[] tokens = TokenStream.of(files, tokenizer);
    if (tokens.length < length) {
      throw new AwpException(
          "%s: a calibration text of %d tokens is shorter than one window of %d"
              .formatted(files, tokens.length, length));
    }
    int slots = tokens.length / length;
    if (slots < sequences) {
      LOG.warn(
          "the calibration text holds {} windows of {} tokens, not {}: all of them are used",
          slots,
          length,
          sequences);
    }
    // Where the slots begin is drawn too, so that another seed gives other windows even when all
    // slots are used.
    SplittableRandom random = new SplittableRandom(seed);
    int shift = random.nextInt(tokens.length - slots * length + 1);
    int[] order = shuffled(slots, random);
    List<int[]> windows =
        Arrays.stream(order)
            .limit(sequences)
            .mapToObj(slot -> window(tokens, shift + slot * length, length))
            .toList();
    return new CalibrationSet(windows, length, tokens.length);
  }

  private static int[] window(int[] tokens, int start, int length) {
    return Arrays.copyOfRange(tokens, start, start + length);
  }

  private static int[] shuffled(int n, SplittableRandom random) {
    int[] order = new int[n];
    for (int i = 0; i < n; i++) {
      int j = random.nextInt(i + 1);
      order[i] = order[j];
      order[j] = i;
    }
    return order;
  }
}
