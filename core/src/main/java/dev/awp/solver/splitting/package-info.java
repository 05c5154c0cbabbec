// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/** Pruning by operator splitting: {@code admm}, the default. */
package dev.awp.solver.splitting;
