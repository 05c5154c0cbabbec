// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The seam of output formats: a format, its writer, the plan of a model, and the rules of the
 * format's readers. Knows no format.
 */
package dev.awp.format;
