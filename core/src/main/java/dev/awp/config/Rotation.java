// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config;

import java.util.Optional;

/**
 * How queries and keys are rotated by their positions.
 *
 * @param theta base of the rotary embedding
 * @param scaling how its frequencies differ from theta^(-2i/d)
 */
public record Rotation(double theta, Optional<RopeScaling> scaling) {}
