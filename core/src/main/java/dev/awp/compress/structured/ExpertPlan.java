// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.structured;

import dev.awp.AwpException;
import dev.awp.compress.StructureOptions.Experts;
import dev.awp.config.ExpertConfig;
import dev.awp.config.ModelConfig;
import dev.awp.config.Routing;

/**
 * How many experts each mixture of a model is left with.
 *
 * @param experts what its mixtures are
 * @param kept how many experts stay in each
 */
record ExpertPlan(ExpertConfig experts, int kept) {
  /** A plan; AwpException for a model from which they cannot be removed. */
  static ExpertPlan of(Experts wanted, ModelConfig config) {
    ExpertConfig experts =
        config.experts().orElseThrow(() -> fail(wanted, config, "the model has no experts"));
    String name = config.architecture().name();
    Routing routing = experts.routing();
    if (routing.groups() > 1) {
      throw fail(
          wanted,
          config,
          "%s chooses among %s groups of experts first, and these would not keep as many each"
              .formatted(name, routing.groups()));
    }
    if (routing.scalesInputs()) {
      throw fail(
          wanted,
          config,
          "%s multiplies the inputs of experts by their shares, and what they add is measured by shares of outputs"
              .formatted(name));
    }
    int removed = wanted.of(experts.count());
    int kept = experts.count() - removed;
    if (removed == 0 && wanted.removed() > 0) {
      throw fail(wanted, config, "that is none of the %s experts".formatted(experts.count()));
    }
    if (kept < experts.perToken()) {
      throw fail(
          wanted,
          config,
          "%s of the %s experts would stay, and every token is sent to %s (num_experts_per_tok)"
              .formatted(Math.max(0, kept), experts.count(), experts.perToken()));
    }
    return new ExpertPlan(experts, kept);
  }

  private static AwpException fail(Experts wanted, ModelConfig config, String why) {
    return new AwpException("%s: %s: %s".formatted(config.file(), wanted.describe(), why));
  }
}
