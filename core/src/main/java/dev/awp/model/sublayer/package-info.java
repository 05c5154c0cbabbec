// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/** What a step of a block computes: attention, feed-forward layers, mixtures of experts. */
package dev.awp.model.sublayer;
