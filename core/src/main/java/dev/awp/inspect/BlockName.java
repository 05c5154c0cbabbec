// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.inspect;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The name of a weight of a block, in Hugging Face folders and in GGUF files, in its parts.
 *
 * @param prefix of all blocks, with its dot: "model.layers.", "blk."
 * @param index of the block
 * @param module the rest, from its dot
 */
public record BlockName(String prefix, int index, String module) {
  /** No more digits than an int holds whatever they are. */
  private static final Pattern NAME =
      Pattern.compile("((?:.*\\.)?(?:layers|blk)\\.)(\\d{1,9})(\\..*)");

  /** The parts of a name; nothing for weights outside of blocks. */
  public static Optional<BlockName> of(String weight) {
    Matcher name = NAME.matcher(weight);
    return name.matches()
        ? Optional.of(new BlockName(name.group(1), Integer.parseInt(name.group(2)), name.group(3)))
        : Optional.empty();
  }

  /** The name of the same weight in another block, or in all of them where {@code "*"} is given. */
  public String in(Object block) {
    return prefix + block + module;
  }
}
