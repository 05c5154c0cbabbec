// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/** The walk itself: model, block, site, layer; calibration, solve, store, report. */
package dev.awp.compress.walk;
