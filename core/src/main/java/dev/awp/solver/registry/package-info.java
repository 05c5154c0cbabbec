// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/** All solvers by name, with their options: the list to add one to. */
package dev.awp.solver.registry;
