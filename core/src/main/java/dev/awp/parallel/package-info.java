// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/**
 * How cores are shared: workers that take parts of an index range, pools of scratch. Knows nothing
 * of what is computed.
 */
package dev.awp.parallel;
