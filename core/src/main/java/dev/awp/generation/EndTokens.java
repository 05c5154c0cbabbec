// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.generation;

import dev.awp.tokenizer.added.SettingsFiles;
import java.nio.file.Path;
import java.util.Set;

/** The tokens after which a model has nothing more to say: eos_token_id, a number or several. */
final class EndTokens {
  private EndTokens() {}

  static Set<Integer> of(Path folder) {
    return SettingsFiles.of(folder).ids("eos");
  }
}
