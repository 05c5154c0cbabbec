// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/** Positions, rotation, the cache of keys and values, and attention scores. */
package dev.awp.model.attention;
