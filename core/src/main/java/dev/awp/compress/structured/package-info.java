// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The structured pass: a model from which neurons, key/value groups, blocks or experts are removed,
 * as a folder that the walk then compresses like any other.
 */
package dev.awp.compress.structured;
