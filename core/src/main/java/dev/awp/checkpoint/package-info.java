// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/**
 * A model folder, open for reading: its configuration, its tensors, and the files that go along.
 * Owns the maps.
 */
package dev.awp.checkpoint;
