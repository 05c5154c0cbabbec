// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/**
 * From texts to the second moments C of layers' inputs, their drift D and residual R. Knows no
 * constraint and no solver.
 */
package dev.awp.calibration;
