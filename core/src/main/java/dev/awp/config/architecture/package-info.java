// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The architectures that awp knows, a file each, and their list. What they say is data; nothing
 * here reads or computes.
 */
package dev.awp.config.architecture;
