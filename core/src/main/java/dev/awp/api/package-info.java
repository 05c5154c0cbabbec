// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/**
 * What programs call: {@link dev.awp.api.Awp} compresses matrices and checkpoints. Everything that
 * its methods take and give lies in the packages that the module exports; the rest is the
 * implementation and changes without notice.
 */
package dev.awp.api;
