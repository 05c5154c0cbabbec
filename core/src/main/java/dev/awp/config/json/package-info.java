// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Reads config.json as transformers writes it, older and newer spellings, with each architecture's
 * defaults.
 */
package dev.awp.config.json;
