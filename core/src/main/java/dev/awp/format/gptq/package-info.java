// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/** GPTQ checkpoints, written and read. */
package dev.awp.format.gptq;
