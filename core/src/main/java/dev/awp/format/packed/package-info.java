// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/** Codes in words, as several packed formats have them. */
package dev.awp.format.packed;
