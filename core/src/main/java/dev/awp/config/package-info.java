// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/**
 * What a model is, as data: sizes, norms, experts, positions, and the names of architectures. Knows
 * neither the file that it was read from nor how anything is computed.
 */
package dev.awp.config;
