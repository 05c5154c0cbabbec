// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.calibration;

import dev.awp.AwpException;
import dev.awp.text.TokenStream;
import dev.awp.text.TokenWindow;
import dev.awp.text.document.Documents;
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
 * @param windows of equal length, with where documents begin in them and what tokens count
 * @param length tokens of a window
 * @param textTokens tokens of all files together
 */
public record CalibrationSet(List<TokenWindow> windows, int length, int textTokens) {
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
          "calibration needs at least 1 window of 1 token, not %s of %s"
              .formatted(sequences, length));
    }
    TokenStream stream = TokenStream.of(Documents.of(files), tokenizer);
    if (stream.length() < length) {
      throw new AwpException(
          "%s: a calibration text of %s tokens is shorter than one window of %s"
              .formatted(files, stream.length(), length));
    }
    int slots = stream.length() / length;
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
    int shift = random.nextInt(stream.length() - slots * length + 1);
    int[] order = shuffled(slots, random);
    List<TokenWindow> windows =
        Arrays.stream(order)
            .limit(sequences)
            .mapToObj(slot -> stream.window(shift + slot * length, length))
            .toList();
    return new CalibrationSet(windows, length, stream.length());
  }

  /** Whether some tokens count more than others. */
  public boolean isWeighted() {
    return windows.stream().map(TokenWindow::weights).anyMatch(weights -> !weights.areOnes());
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
