// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/**
 * From what a user names to characters: folders, pipes, compressed files, and encodings. Knows
 * nothing of documents.
 */
package dev.awp.text.file;
