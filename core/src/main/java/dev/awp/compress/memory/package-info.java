// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/** Staying within memory: what a run needs by its shapes, and how it is split to fit. */
package dev.awp.compress.memory;
