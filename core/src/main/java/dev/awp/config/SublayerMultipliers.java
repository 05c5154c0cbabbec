// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config;

/**
 * Numbers that single sublayers of every block multiply by, 1 where there is none.
 *
 * @param attentionInput what goes into attention
 * @param attentionOutput what attention adds to the hidden states
 * @param recurrenceInput what goes into recurrences
 * @param recurrenceOutput what these add
 * @param gates of feed-forward layers, before their activation
 * @param mlpOutput what feed-forward layers add
 */
public record SublayerMultipliers(
    float attentionInput,
    float attentionOutput,
    float recurrenceInput,
    float recurrenceOutput,
    float gates,
    float mlpOutput) {
  /** Everything stays as it is. */
  public static final SublayerMultipliers NONE = new SublayerMultipliers(1, 1, 1, 1, 1, 1);
}
