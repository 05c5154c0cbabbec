// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/**
 * A tensor in a file: what it is called, its shape, how its rows become float32 and back. Knows no
 * file format.
 */
package dev.awp.stored;
