// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.calibration;

import dev.awp.AwpException;
import dev.awp.disk.Sha256;
import dev.awp.text.TokenStream;
import dev.awp.text.TokenWindow;
import dev.awp.text.document.ReadFile;
import dev.awp.text.drawing.DrawnTexts;
import dev.awp.text.drawing.Texts;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Token windows that second moments are taken from.
 *
 * @param windows of equal length, with where documents begin in them and what tokens count
 * @param length tokens of a window
 * @param textTokens tokens of all files together, or of what was drawn of them
 * @param files what they were read as
 */
public record CalibrationSet(
    List<TokenWindow> windows, int length, int textTokens, List<ReadFile> files) {
  private static final Logger LOG = LoggerFactory.getLogger(CalibrationSet.class);

  public CalibrationSet {
    windows = List.copyOf(windows);
    files = List.copyOf(files);
  }

  /** Tokens of all windows. */
  public long tokens() {
    return (long) windows.size() * length;
  }

  /** The first windows, about as many as hold that many tokens, and at least one. */
  public List<TokenWindow> first(int tokens) {
    return windows.subList(0, Math.clamp(tokens / length, 1, windows.size()));
  }

  /**
   * No windows: of a run whose moments are saved, and which names no text.
   *
   * @param length tokens of the windows that the moments were taken of
   */
  public static CalibrationSet none(int length) {
    return new CalibrationSet(List.of(), length, 0, List.of());
  }

  /**
   * Chooses windows of the texts by a seed; they do not overlap. Short texts are divided into slots
   * of one window, and {@code sequences} of them are drawn without replacement. Of long ones,
   * documents are drawn (see {@link Texts#draw}), and windows follow each other in them. Texts with
   * fewer windows give all of them, and a warning.
   */
  public static CalibrationSet load(Texts texts, int sequences, int length, long seed) {
    if (sequences < 1 || length < 1) {
      throw new AwpException(
          "calibration needs at least 1 window of 1 token, not %s of %s"
              .formatted(sequences, length));
    }
    DrawnTexts drawn = texts.draw(sequences, length, seed);
    TokenStream stream = drawn.tokens();
    int[] starts = drawn.whole() ? drawnSlots(stream, length, seed) : stream.slots(0, length);
    if (starts.length == 0) {
      throw new AwpException(
          "%s: a calibration text of %s tokens is shorter than one window of %s"
              .formatted(texts.files(), stream.length(), length));
    }
    if (starts.length < sequences) {
      LOG.warn(
          "the calibration text holds {} windows of {} tokens, not {}: all of them are used",
          starts.length,
          length,
          sequences);
    }
    List<Integer> chosen = Arrays.stream(starts).limit(sequences).boxed().toList();
    List<TokenWindow> windows = chosen.stream().map(start -> stream.window(start, length)).toList();
    return new CalibrationSet(windows, length, stream.length(), drawn.used(chosen, length));
  }

  /** Where the slots of a text begin, in an order that the seed draws. */
  private static int[] drawnSlots(TokenStream stream, int length, long seed) {
    int step = stream.step(length);
    int rest = stream.length() % step;
    // Where the first one begins is drawn too, so that another seed gives other windows even when
    // all slots are used.
    SplittableRandom random = new SplittableRandom(seed);
    int[] slots = stream.slots(random.nextInt(rest + 1), length);
    return Arrays.stream(shuffled(slots.length, random)).map(slot -> slots[slot]).toArray();
  }

  /**
   * The SHA-256 of all tokens in their order: they depend on more than files and options, such as
   * the day that a chat template writes.
   */
  public String checksum() {
    ByteBuffer bytes =
        ByteBuffer.allocate(Math.multiplyExact(windows.size(), length * Integer.BYTES));
    windows.forEach(window -> IntStream.of(window.tokens()).forEach(bytes::putInt));
    return Sha256.of(bytes.array());
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
