// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/** Second moments of the original model, taken once and kept for many compressions. */
package dev.awp.calibrate;
