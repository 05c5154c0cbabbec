// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Bytes that survive: folders that appear whole, locks, journals, checksums, scratch files. Knows
 * no format.
 */
package dev.awp.disk;
