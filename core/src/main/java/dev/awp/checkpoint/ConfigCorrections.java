// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.checkpoint;

import dev.awp.tensor.DType;
import java.util.Optional;

/**
 * Where a checkpoint's tensors say otherwise than its config.json, which copies have to say too.
 *
 * @param untied whether the output head is another matrix than the embeddings, though config.json
 *     ties them
 * @param unquantized whether the tensors are plain numbers, or are read as such, though the files
 *     state a quantization
 * @param dtype of all numbers, where copies have another than config.json says
 * @param sizes where parts of the model were removed
 * @param experts where experts were
 * @param unmultiplied whether multipliers that config.json has are in the tensors already
 */
public record ConfigCorrections(
    boolean untied,
    boolean unquantized,
    Optional<DType> dtype,
    Optional<ConfigSizes> sizes,
    Optional<ExpertCount> experts,
    boolean unmultiplied) {
  /** Where config.json is right. */
  public static final ConfigCorrections NONE =
      new ConfigCorrections(false, false, Optional.empty());

  /** Where sizes are as they were. */
  public ConfigCorrections(boolean untied, boolean unquantized, Optional<DType> dtype) {
    this(untied, unquantized, dtype, Optional.empty(), Optional.empty(), false);
  }

  /** The same, and an output head of its own. */
  public ConfigCorrections withOwnHead() {
    return new ConfigCorrections(true, unquantized, dtype, sizes, experts, unmultiplied);
  }

  /** The same of plain numbers, of a type where there is one. */
  public ConfigCorrections plain(Optional<DType> wanted) {
    return new ConfigCorrections(untied, true, wanted, sizes, experts, unmultiplied);
  }

  /** The same, and multipliers that are in the tensors already. */
  public ConfigCorrections withoutMultipliers() {
    return new ConfigCorrections(untied, unquantized, dtype, sizes, experts, true);
  }

  /** The same, and other sizes. */
  public ConfigCorrections withSizes(ConfigSizes others) {
    return new ConfigCorrections(
        untied, unquantized, dtype, Optional.of(others), experts, unmultiplied);
  }

  /** The same, and another number of experts. */
  public ConfigCorrections withExperts(ExpertCount others) {
    return new ConfigCorrections(
        untied, unquantized, dtype, sizes, Optional.of(others), unmultiplied);
  }
}
