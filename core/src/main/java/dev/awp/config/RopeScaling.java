// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config;

/** How the rotary frequencies of a model differ from theta^(-2i/d). */
public sealed interface RopeScaling permits Llama3Scaling, LinearScaling, LongRopeScaling {}
