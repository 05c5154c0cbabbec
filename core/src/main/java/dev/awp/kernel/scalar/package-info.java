// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The kernels in plain Java. They are the definition: what another implementation computes is held
 * against them.
 */
package dev.awp.kernel.scalar;
