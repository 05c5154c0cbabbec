// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.tensor;

/** What a file holds for a value of the checkpoint. */
public enum StoredValues {
  /** The value. */
  SAME {
    @Override
    float stored(float value) {
      return value;
    }

    @Override
    float value(float stored) {
      return stored;
    }
  },

  /** One more: of norms that multiply by 1 + w. */
  ONE_MORE {
    @Override
    float stored(float value) {
      return value + 1;
    }

    @Override
    float value(float stored) {
      return stored - 1;
    }
  },

  /** A = -exp(x): of the decays of a recurrence, which checkpoints have as log(-A). */
  DECAY {
    @Override
    float stored(float value) {
      return (float) -Math.exp(value);
    }

    @Override
    float value(float stored) {
      return (float) Math.log(-(double) stored);
    }
  };

  /** What is stored for a value. */
  abstract float stored(float value);

  /** The value that is stored so. */
  abstract float value(float stored);
}
