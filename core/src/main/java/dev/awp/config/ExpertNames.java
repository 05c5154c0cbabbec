// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config;

import java.util.List;
import java.util.Optional;

/**
 * How the parts of a mixture of experts are called on disk.
 *
 * @param module of the mixture in its block; router and experts lie below; empty where they lie in
 *     the block itself
 * @param routerModule of the router, below that
 * @param sharedModule of the expert that sees every token, in the block
 * @param gate projection of an expert
 * @param up projection of an expert
 * @param down projection of an expert
 * @param stack how the projections of all experts lie in files together, where they do not lie each
 *     in a tensor of its own
 * @param norms those of a mixture beside a feed-forward layer, where it is such a one
 */
public record ExpertNames(
    String module,
    String routerModule,
    String sharedModule,
    String gate,
    String up,
    String down,
    Optional<ExpertStack> stack,
    Optional<ExpertNorms> norms) {
  /** The usual names, each projection in a tensor of its own. */
  public static ExpertNames apart(String module, String gate, String up, String down) {
    return new ExpertNames(
        module,
        "gate",
        module + ".shared_expert",
        gate,
        up,
        down,
        Optional.empty(),
        Optional.empty());
  }

  /** The usual names with another one of the expert that sees every token. */
  public ExpertNames sharing(String other) {
    return sharingBeside(module + "." + other);
  }

  /** The same where that expert lies beside the mixture. */
  public ExpertNames sharingBeside(String other) {
    return new ExpertNames(module, routerModule, other, gate, up, down, stack, norms);
  }

  /** The same with norms of its own. */
  public ExpertNames normed(ExpertNorms others) {
    return new ExpertNames(
        module, routerModule, sharedModule, gate, up, down, stack, Optional.of(others));
  }

  /** Projections that lie together in files. */
  public static ExpertNames stacked(String module, String routerModule, ExpertStack stack) {
    return new ExpertNames(
        module,
        routerModule,
        module + ".shared_expert",
        "gate_proj",
        "up_proj",
        "down_proj",
        Optional.of(stack),
        Optional.empty());
  }

  /**
   * Projections of an expert that see its input.
   *
   * @param gated whether there is a gate among them
   */
  public List<String> inner(boolean gated) {
    return gated ? List.of(gate, up) : List.of(up);
  }

  /** What the names of router and experts begin with in the block. */
  public String prefix() {
    return module.isEmpty() ? "" : module + ".";
  }

  public String router() {
    return prefix() + routerModule + ".weight";
  }

  public String routerBias() {
    return prefix() + routerModule + ".bias";
  }

  /** What is added to the scores of experts for the choice alone. */
  public String correction() {
    return prefix() + routerModule + ".e_score_correction_bias";
  }

  public String expert(int index) {
    return prefix() + "experts." + index + ".";
  }

  public String sharedExpert() {
    return sharedModule + ".";
  }

  public String sharedGate() {
    return sharedModule + "_gate.weight";
  }
}
