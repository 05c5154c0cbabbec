// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.bench;

/** Hoare's selection, with the middle of three as the pivot. */
final class QuickSelect {
  private QuickSelect() {}

  /** The element that sorting would put at that index; reorders the values. */
  static float select(float[] values, int index) {
    int low = 0;
    int high = values.length - 1;
    while (low < high) {
      float pivot = median(values[low], values[(low + high) >>> 1], values[high]);
      int i = low;
      int j = high;
      while (i <= j) {
        while (values[i] < pivot) {
          i++;
        }
        while (values[j] > pivot) {
          j--;
        }
        if (i <= j) {
          float swapped = values[i];
          values[i++] = values[j];
          values[j--] = swapped;
        }
      }
      if (index <= j) {
        high = j;
      } else if (index >= i) {
        low = i;
      } else {
        return values[index];
      }
    }
    return values[index];
  }

  private static float median(float a, float b, float c) {
    return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
  }
}
