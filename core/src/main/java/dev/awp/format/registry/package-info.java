// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/** All formats by name, to write and to read: the list to add one to. */
package dev.awp.format.registry;
