// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/** What people call: a class a command. Parses, calls, prints; the roof over its rooms. */
package dev.awp.cli;
