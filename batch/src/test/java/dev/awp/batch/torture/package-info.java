// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Batches whose machines are killed, stopped and unlike each other; run by scripts/torture-batch
 * alone.
 */
package dev.awp.batch.torture;
