// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/**
 * A model written as another kind of file, of another element type or with its channels in another
 * order. Knows no constraint and no solver.
 */
package dev.awp.convert;
