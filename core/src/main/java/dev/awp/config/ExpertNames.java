// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config;

import java.util.List;
import java.util.Optional;

/**
 * How the parts of a mixture of experts are called on disk.
 *
 * @param module of the mixture in its block; router and experts lie below
 * @param routerModule of the router, below that
 * @param sharedModule of the expert that sees every token, in the block
 * @param gate projection of an expert
 * @param up projection of an expert
 * @param down projection of an expert
 * @param stack how the projections of all experts lie in files together, where they do not lie each
 *     in a tensor of its own
 */
public record ExpertNames(
    String module,
    String routerModule,
    String sharedModule,
    String gate,
    String up,
    String down,
    Optional<ExpertStack> stack) {
  /** The usual names, each projection in a tensor of its own. */
  public static ExpertNames apart(String module, String gate, String up, String down) {
    return new ExpertNames(
        module, "gate", module + ".shared_expert", gate, up, down, Optional.empty());
  }

  /** The usual names with another one of the expert that sees every token. */
  public ExpertNames sharing(String other) {
    return sharingBeside(module + "." + other);
  }

  /** The same where that expert lies beside the mixture. */
  public ExpertNames sharingBeside(String other) {
    return new ExpertNames(module, routerModule, other, gate, up, down, stack);
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
        Optional.of(stack));
  }

  /**
   * Projections of an expert that see its input.
   *
   * @param gated whether there is a gate among them
   */
  public List<String> inner(boolean gated) {
    return gated ? List.of(gate, up) : List.of(up);
  }

  public String router() {
    return module + "." + routerModule + ".weight";
  }

  public String routerBias() {
    return module + "." + routerModule + ".bias";
  }

  /** What is added to the scores of experts for the choice alone. */
  public String correction() {
    return module + "." + routerModule + ".e_score_correction_bias";
  }

  public String expert(int index) {
    return module + ".experts." + index + ".";
  }

  public String sharedExpert() {
    return sharedModule + ".";
  }

  public String sharedGate() {
    return sharedModule + "_gate.weight";
  }
}
