// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/** The ways to choose the columns that stay, and their list. */
package dev.awp.structured.choice;
