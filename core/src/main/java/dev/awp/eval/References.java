// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.eval;

import java.util.List;

/** The original model on every text of an {@link Evaluator}: what others are compared with. */
public final class References implements AutoCloseable {
  private final List<Reference> byText;

  References(List<Reference> byText) {
    this.byText = List.copyOf(byText);
  }

  Reference get(int text) {
    return byText.get(text);
  }

  @Override
  public void close() {
    byText.forEach(Reference::close);
  }
}
