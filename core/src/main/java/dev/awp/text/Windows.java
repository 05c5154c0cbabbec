// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.text;

/** What a window of tokens begins with. */
public enum Windows {
  /**
   * With the tokens that the tokenizer puts before a text, as the model sees every text in use; a
   * window of N tokens then has fewer of the text.
   */
  MODEL,

  /** With whatever the text has there, as the papers on compression cut it. */
  PAPERS
}
