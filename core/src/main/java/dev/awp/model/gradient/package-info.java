// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The backward pass of one decoder block: derivatives by its input and by the weights of its linear
 * layers. Knows no constraint and nothing of what the derivatives are for.
 */
package dev.awp.model.gradient;
