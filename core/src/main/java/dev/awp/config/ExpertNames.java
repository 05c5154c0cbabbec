// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config;

/**
 * How the parts of a mixture of experts are called on disk.
 *
 * @param module of the mixture in its block; router and experts lie below
 * @param gate projection of an expert
 * @param up projection of an expert
 * @param down projection of an expert
 */
public record ExpertNames(String module, String gate, String up, String down) {
  public String router() {
    return module + ".gate.weight";
  }

  public String expert(int index) {
    return module + ".experts." + index + ".";
  }

  public String sharedExpert() {
    return module + ".shared_expert.";
  }

  public String sharedGate() {
    return module + ".shared_expert_gate.weight";
  }
}
