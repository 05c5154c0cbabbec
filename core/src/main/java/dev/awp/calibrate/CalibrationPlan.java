// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.calibrate;

import dev.awp.calibration.saved.MomentsIdentity;

/**
 * What a calibration is about to do.
 *
 * @param identity of the moments
 * @param windows of this part
 * @param tokens of them
 * @param sites places in the model whose moments are taken
 * @param momentBytes of the folder
 * @param activationBytes on the disk while it runs
 * @param memoryBytes off-heap, the most at a time
 * @param freeBytes room on the disk
 */
public record CalibrationPlan(
    MomentsIdentity identity,
    int windows,
    long tokens,
    int sites,
    long momentBytes,
    long activationBytes,
    long memoryBytes,
    long freeBytes) {}
