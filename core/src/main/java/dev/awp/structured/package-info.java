// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Removing whole columns of a layer, shared by all of its rows: what goes together, what a removal
 * costs, and the best weights of what stays. Knows no model and no way to choose.
 */
package dev.awp.structured;
