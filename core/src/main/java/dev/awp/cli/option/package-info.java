// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/** Options that commands share, and the recipes that set them. */
package dev.awp.cli.option;
