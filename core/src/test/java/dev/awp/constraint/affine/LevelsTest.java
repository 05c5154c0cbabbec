// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.constraint.affine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** The nearest of a few levels, held against a search of all. */
class LevelsTest {
  private static int nearest(float[] levels, double x) {
    int best = 0;
    for (int k = 1; k < levels.length; k++) {
      best = Math.abs(x - levels[k]) < Math.abs(x - levels[best]) ? k : best;
    }
    return best;
  }

  /**
   * Halves, quarters, and what lies just beside a threshold; of two that are as near the smaller.
   */
  @Test
  void aNumberHasThePlaceOfTheLevelNearestToIt() {
    for (Levels levels : new Levels[] {Levels.E2M1, Levels.NON_LINEAR, Levels.SIGNS}) {
      float[] values = levels.ascending();
      assertEquals(values.length, levels.count());
      for (float x = -130; x <= 130; x += 0.25f) {
        for (float beside : new float[] {Math.nextDown(x), x, Math.nextUp(x)}) {
          assertEquals(nearest(values, beside), levels.place(beside), "of " + beside);
        }
      }
      assertEquals(0, levels.place(Double.NEGATIVE_INFINITY));
      assertEquals(values.length - 1, levels.place(Double.POSITIVE_INFINITY));
    }
  }

  @Test
  void theLevelOfZeroIsTheOneNearestToIt() {
    assertEquals(7, Levels.E2M1.zero());
    assertEquals(0, Levels.E2M1.level(7));
    assertTrue(Levels.E2M1.hasZero());
    assertEquals(8, Levels.NON_LINEAR.zero());
    assertEquals(1, Levels.NON_LINEAR.level(8));
    assertFalse(Levels.NON_LINEAR.hasZero());
  }
}
