// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/** The kernels in the Vector API. The only room that links {@code jdk.incubator.vector}. */
package dev.awp.kernel.vector;
