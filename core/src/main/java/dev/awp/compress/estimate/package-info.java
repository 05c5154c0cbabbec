// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/** The dry run: what a prepared run would do, and how long it would take. */
package dev.awp.compress.estimate;
