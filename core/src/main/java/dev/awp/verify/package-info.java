// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/** An output held against its report: checksums, masks, grids. */
package dev.awp.verify;
