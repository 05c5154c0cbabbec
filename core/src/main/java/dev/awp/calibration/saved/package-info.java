// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/** Second moments in a file, for runs that share them. */
package dev.awp.calibration.saved;
