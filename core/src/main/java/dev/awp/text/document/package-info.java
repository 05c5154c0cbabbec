// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/** From files to documents: one reader a kind of file, and their list. Knows nothing of tokens. */
package dev.awp.text.document;
