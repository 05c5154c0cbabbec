// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/**
 * From files to documents: one reader a kind of file, and their list. What a file holds decides,
 * and never its name.
 */
package dev.awp.text.reader;
