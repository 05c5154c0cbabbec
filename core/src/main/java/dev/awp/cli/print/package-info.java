// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/** Results on the terminal: tables, progress, JSON. Computes nothing. */
package dev.awp.cli.print;
