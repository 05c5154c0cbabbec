// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/**
 * What the words of an option may be: ranges, sizes, shares, names of types. Knows no option and no
 * command.
 */
package dev.awp.cli.value;
