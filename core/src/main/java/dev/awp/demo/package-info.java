// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/** The embedded model and its texts. */
package dev.awp.demo;
