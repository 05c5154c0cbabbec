// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.text;

import java.util.Optional;

/**
 * How texts become windows of tokens.
 *
 * @param field that holds the text where texts are rows of data; by default it is found
 * @param windows what they begin with
 */
public record TextOptions(Optional<String> field, Windows windows) {
  /** Where nothing is said. */
  public static final TextOptions DEFAULT = new TextOptions(Optional.empty(), Windows.MODEL);

  /** The same with another field. */
  public TextOptions withField(String name) {
    return new TextOptions(Optional.of(name), windows);
  }

  /** The same with other windows. */
  public TextOptions withWindows(Windows wanted) {
    return new TextOptions(field, wanted);
  }
}
