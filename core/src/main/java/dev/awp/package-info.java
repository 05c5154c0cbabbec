// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/**
 * What every room may use: the one exception that reaches users as a sentence, the version, and the
 * seam of progress. Knows nothing of the rest.
 */
package dev.awp;
