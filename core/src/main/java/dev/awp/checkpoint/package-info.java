// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The seam of models that are read: a folder open for reading, its configuration, its tensors, and
 * the files that go along. Knows no kind of folder.
 */
package dev.awp.checkpoint;
