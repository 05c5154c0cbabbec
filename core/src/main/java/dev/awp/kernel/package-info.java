// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The list of what must be fast, element by element: six families of kernels as interfaces over
 * memory segments. Which implementation runs is not decided here.
 */
package dev.awp.kernel;
