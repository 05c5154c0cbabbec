// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/**
 * A scheme for every layer before the first is solved: rules settled, budgets shared, inputs
 * checked.
 */
package dev.awp.compress.plan;
