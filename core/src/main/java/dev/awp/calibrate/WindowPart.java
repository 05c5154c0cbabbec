// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.calibrate;

import dev.awp.AwpException;
import dev.awp.model.forward.DecoderBlock;

/**
 * One of several parts of a calibration's windows, for machines that share the work. Windows go
 * through a model in groups; a part is whole groups, so that each group's products are those of the
 * undivided run.
 *
 * @param index of the part, from 1
 * @param of how many parts there are
 */
public record WindowPart(int index, int of) {
  /** All windows. */
  public static final WindowPart WHOLE = new WindowPart(1, 1);

  public WindowPart {
    if (index < 1 || of < index) {
      throw new IllegalArgumentException("there is no part %s of %s".formatted(index, of));
    }
  }

  /** Windows from (inclusive) to (exclusive). */
  record Range(int from, int to) {}

  /**
   * The windows of this part.
   *
   * @param windows of all parts
   * @param length tokens of a window
   * @throws AwpException where there are fewer groups than parts
   */
  Range range(int windows, int length) {
    int group = DecoderBlock.chunkRows(length) / length;
    int groups = Math.ceilDiv(windows, group);
    if (groups < of) {
      throw new AwpException(
          "--part %s: %s windows of %s tokens go through the model in groups of %s: at most %s parts can share them"
              .formatted(this, windows, length, group, groups));
    }
    int from = (int) ((long) groups * (index - 1) / of);
    int to = (int) ((long) groups * index / of);
    return new Range(from * group, Math.min(windows, to * group));
  }

  @Override
  public String toString() {
    return index + "/" + of;
  }
}
