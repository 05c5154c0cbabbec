// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config;

/**
 * What mixes the tokens of a block by a state that goes from token to token: each head holds a
 * matrix of keys and values, takes the next token in, and is read. A short convolution over the
 * last tokens comes before it.
 */
public sealed interface Recurrence permits Mamba2Config, GatedDeltaConfig {
  /** Its name, for messages. */
  String title();

  /** Heads, each with a state of its own. */
  int heads();

  /** Heads of keys and queries, which heads share; {@link #heads} is a multiple of it. */
  int keyHeads();

  /** Rows of a head's state: the length of its keys and queries. */
  int keyDimension();

  /** Columns of a head's state: the length of its values, and of what is read. */
  int valueDimension();

  /** Channels that go through the convolution. */
  int convolved();

  /** Tokens that the convolution sees, the newest included. */
  int kernel();

  /** Columns of what all heads read. */
  default int width() {
    return heads() * valueDimension();
  }
}
