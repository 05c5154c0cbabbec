// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.mix;

import dev.awp.gguf.block.BlockType;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/** Which matrices of a mixture have another type than most. */
final class MixRules {
  private final Map<MixedTensor.Role, Rule> rules = new EnumMap<>(MixedTensor.Role.class);

  /** A type for some of the matrices of a role; none where they have the common one. */
  @FunctionalInterface
  interface Rule {
    Optional<BlockType> type(MixedTensor tensor);

    /** Another type for those that have none yet. */
    default Rule or(BlockType other) {
      return tensor -> type(tensor).or(() -> Optional.of(other));
    }
  }

  static MixRules none() {
    return new MixRules();
  }

  static Rule all(BlockType type) {
    return _ -> Optional.of(type);
  }

  static Rule where(Predicate<MixedTensor> chosen, BlockType type) {
    return tensor -> chosen.test(tensor) ? Optional.of(type) : Optional.empty();
  }

  /** Of models whose heads share keys and values. */
  static Rule shared(BlockType type) {
    return where(tensor -> tensor.model().sharesHeads(), type);
  }

  static Rule worthMore(BlockType type) {
    return where(MixedTensor::isWorthMore, type);
  }

  /** In the first blocks, a share of them. */
  static Rule early(int share, BlockType type) {
    return where(tensor -> tensor.isEarly(share), type);
  }

  static Rule firstBlocks(int count, BlockType type) {
    return where(tensor -> tensor.place() < count, type);
  }

  /** Adds a rule for a role that has none yet. */
  MixRules with(MixedTensor.Role role, Rule rule) {
    rules.put(role, rule);
    return this;
  }

  Optional<BlockType> type(MixedTensor tensor) {
    return Optional.ofNullable(rules.get(tensor.role())).flatMap(rule -> rule.type(tensor));
  }
}
