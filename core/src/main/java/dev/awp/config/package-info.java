// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/**
 * What a model is, as data: sizes, norms, experts, positions, and what an architecture may say.
 * Knows no architecture by name, nor how anything is read or computed.
 */
package dev.awp.config;
