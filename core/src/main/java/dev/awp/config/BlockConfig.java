// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config;

import java.util.Optional;

/**
 * A decoder block. Blocks of one model may differ in all of it.
 *
 * @param mlp its feed-forward layer; where there are experts, what config.json says of it
 *     nevertheless
 * @param experts of the mixture that takes the feed-forward layer's place, where there is one
 */
public record BlockConfig(
    AttentionConfig attention, MlpConfig mlp, Optional<ExpertConfig> experts) {}
