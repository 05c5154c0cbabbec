// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.rope;

/** How the rotary frequencies of a model differ from theta^(-2i/dimension). */
public sealed interface RopeScaling
    permits Llama3Scaling,
        LinearScaling,
        LongRopeScaling,
        YarnScaling,
        DynamicScaling,
        ProportionalScaling {
  /** What cosines and sines are multiplied by. */
  default double attentionFactor() {
    return 1;
  }
}
