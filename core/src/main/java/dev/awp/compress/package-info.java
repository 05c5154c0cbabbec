// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/** The seam of compression: its options and its listener. Nothing here runs. */
package dev.awp.compress;
