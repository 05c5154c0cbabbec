// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/** A run on disk: its output, journal and identity, and the layers that survive the process. */
package dev.awp.compress.run;
