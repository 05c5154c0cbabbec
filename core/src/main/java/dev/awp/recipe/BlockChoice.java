// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.recipe;

import dev.awp.gguf.block.BlockType;
import dev.awp.gguf.mix.GgufMix;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Types of blocks that a user asks for: one, a mixture by llama.cpp's name for it, or what a budget
 * makes of a ladder of types.
 */
public sealed interface BlockChoice {
  /** Types of numbers in floating point that more than one format has. */
  List<BlockType> FLOATS = List.of(BlockType.NVFP4, BlockType.MXFP4);

  /** What stands before the name of a mixture that is a type's name too. */
  String MIX = "mix:";

  /** The same type for all layers. */
  record Same(BlockType type) implements BlockChoice {
    @Override
    public String word() {
      return type.name();
    }
  }

  /** For each layer that of the mixture. */
  record Mixed(GgufMix mix) implements BlockChoice {
    @Override
    public String word() {
      return isType(mix.name()) ? MIX + mix.name() : mix.name();
    }
  }

  /** For each layer one of the ladder, as a {@link Budget} has it. */
  record Budgeted(TypeLadder ladder) implements BlockChoice {
    @Override
    public String word() {
      return ladder.word();
    }
  }

  /** As it is written. */
  String word();

  /** The type where it is the same for all. */
  default Optional<BlockType> ofAll() {
    return this instanceof Same(BlockType type) ? Optional.of(type) : Optional.empty();
  }

  /** The mixture where it is one. */
  default Optional<GgufMix> mixture() {
    return this instanceof Mixed(GgufMix mix) ? Optional.of(mix) : Optional.empty();
  }

  /** The ladder where a budget decides. */
  default Optional<TypeLadder> budgeted() {
    return this instanceof Budgeted(TypeLadder ladder) ? Optional.of(ladder) : Optional.empty();
  }

  /**
   * Reads a word, in letters of either case: a type that awp writes, a mixture, or "mix:" and one.
   *
   * @throws IllegalArgumentException that lists what there is
   */
  static BlockChoice parse(String word) {
    boolean mixed = word.regionMatches(true, 0, MIX, 0, MIX.length());
    Optional<BlockChoice> type =
        mixed
            ? Optional.empty()
            : written()
                .filter(t -> t.name().equalsIgnoreCase(word))
                .map(Same::new)
                .findFirst()
                .map(BlockChoice.class::cast);
    return type.or(
            () ->
                GgufMix.byName(mixed ? word.substring(MIX.length()) : word)
                    .filter(mix -> mixed || !isType(mix.name()))
                    .map(Mixed::new))
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "awp does not write %s; what it writes: %s"
                        .formatted(word, String.join(", ", words()))));
  }

  /** All words. */
  static List<String> words() {
    return Stream.concat(
            written().map(BlockType::name),
            Arrays.stream(GgufMix.values()).map(mix -> new Mixed(mix).word()))
        .toList();
  }

  private static Stream<BlockType> written() {
    return Arrays.stream(BlockType.values()).filter(BlockType::isWritable);
  }

  private static boolean isType(String name) {
    return Arrays.stream(BlockType.values()).anyMatch(type -> type.name().equals(name));
  }
}
