// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/** A solve in lower precision, checked on a sample of rows in float32. */
package dev.awp.solver.precision;
