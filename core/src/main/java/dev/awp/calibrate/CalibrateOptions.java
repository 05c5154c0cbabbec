// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.calibrate;

import dev.awp.compress.CompressionOptions.Calibration;
import dev.awp.text.TextOptions;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.UnaryOperator;

/**
 * What is calibrated on what.
 *
 * @param model folder or file to read
 * @param output folder to write
 * @param calibration texts and windows
 * @param texts how they become windows
 * @param part which of the windows
 * @param memoryLimit bytes that it may use, mapped files aside; refused where it needs more
 */
public record CalibrateOptions(
    Path model,
    Path output,
    Calibration calibration,
    TextOptions texts,
    WindowPart part,
    OptionalLong memoryLimit) {
  /** The same with other files of the same texts. */
  CalibrateOptions withTexts(UnaryOperator<List<Path>> files) {
    return new CalibrateOptions(
        model,
        output,
        calibration.withFiles(files.apply(calibration.files())),
        texts,
        part,
        memoryLimit);
  }
}
