// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The forward pass: blocks, the whole model, the head. Knows nothing of calibration or compression.
 */
package dev.awp.model.forward;
