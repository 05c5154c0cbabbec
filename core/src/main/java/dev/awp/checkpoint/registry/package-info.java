// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/** All kinds of model folders: the list to add one to. */
package dev.awp.checkpoint.registry;
