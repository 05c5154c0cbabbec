// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model.sublayer;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.config.AttentionConfig;
import dev.awp.kernel.NetworkKernels;
import dev.awp.model.attention.SequencePlaces;
import dev.awp.rope.RotatedPairs;
import java.lang.foreign.MemorySegment;

/** Rotates columns of a head by the position of its token. */
public record HeadRotation(boolean neighbours, NetworkKernels network) {
  /** As a block's attention has it. */
  public static HeadRotation of(AttentionConfig config, NetworkKernels network) {
    return new HeadRotation(
        config.rotation().filter(r -> r.pairs() == RotatedPairs.NEIGHBOURS).isPresent(), network);
  }

  /**
   * Rotates the first columns of a head, as many as the table has.
   *
   * @param head from its first rotated column on
   * @param row of the token among those at the places
   */
  public void apply(MemorySegment head, int row, SequencePlaces places) {
    MemorySegment cos = places.rotary().cos().row(places.position(row));
    MemorySegment sin = places.rotary().sin().row(places.position(row));
    MemorySegment rotated = head.asSlice(0, cos.byteSize() + sin.byteSize());
    if (neighbours) {
      part(rotated);
    }
    network.rotate(rotated, cos, sin);
  }

  /**
   * Rotates back, which is how derivatives by the rotated columns become those by the columns.
   *
   * @param head from its first rotated column on
   * @param row of the token among those at the places
   * @param places with a table of which the sines are negated
   */
  public void undo(MemorySegment head, int row, SequencePlaces places) {
    MemorySegment cos = places.rotary().cos().row(places.position(row));
    MemorySegment sin = places.rotary().sin().row(places.position(row));
    MemorySegment rotated = head.asSlice(0, cos.byteSize() + sin.byteSize());
    network.rotate(rotated, cos, sin);
    if (neighbours) {
      join(rotated);
    }
  }

  /**
   * Moves the first columns of all pairs before the second ones. They stay there: scores are the
   * same, for queries and keys are moved alike.
   */
  private static void part(MemorySegment pairs) {
    float[] values = pairs.toArray(JAVA_FLOAT);
    int half = values.length / 2;
    for (int i = 0; i < half; i++) {
      pairs.setAtIndex(JAVA_FLOAT, i, values[2 * i]);
      pairs.setAtIndex(JAVA_FLOAT, half + i, values[2 * i + 1]);
    }
  }

  /** The opposite of {@link #part}. */
  private static void join(MemorySegment parted) {
    float[] values = parted.toArray(JAVA_FLOAT);
    int half = values.length / 2;
    for (int i = 0; i < half; i++) {
      parted.setAtIndex(JAVA_FLOAT, 2L * i, values[i]);
      parted.setAtIndex(JAVA_FLOAT, 2L * i + 1, values[half + i]);
    }
  }
}
