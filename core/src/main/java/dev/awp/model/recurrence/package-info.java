// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Recurrences over the tokens of sequences: short convolutions, heads whose states go from token to
 * token, and what a sequence leaves behind for its next tokens. Knows no projection.
 */
package dev.awp.model.recurrence;
