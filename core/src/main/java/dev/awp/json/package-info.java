// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/**
 * JSON files of a model folder, as Python's programs write them. Knows nothing of what stands in
 * them.
 */
package dev.awp.json;
