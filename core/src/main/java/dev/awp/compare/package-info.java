// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/** Methods side by side on the same second moments. */
package dev.awp.compare;
