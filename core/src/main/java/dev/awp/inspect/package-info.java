// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The seam of looking: a weight of any file, with its grid where it has one. Knows no file format.
 */
package dev.awp.inspect;
