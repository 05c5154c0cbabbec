// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Second moments in a file, as sums that know what they were taken of: for runs that share them,
 * and for parts that are merged. Knows nothing of who reads them.
 */
package dev.awp.calibration.saved;
