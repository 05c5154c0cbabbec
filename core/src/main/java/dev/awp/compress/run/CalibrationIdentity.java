// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.run;

import static java.util.stream.Collectors.joining;

import dev.awp.blas.Precision;
import dev.awp.calibration.CalibrationSet;
import dev.awp.calibration.saved.MomentsIdentity;
import dev.awp.calibration.saved.WindowRange;
import dev.awp.checkpoint.Checkpoint;
import dev.awp.compress.CompressionOptions;
import dev.awp.compute.Compute;
import dev.awp.disk.Sha256;
import dev.awp.text.TextOptions;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** What moments that a calibration takes of the dense model are taken of. */
public final class CalibrationIdentity {
  private CalibrationIdentity() {}

  /**
   * Of a calibration in float32, whose input files are read for it.
   *
   * @param asked how the texts become windows
   * @param calibration the windows that were chosen
   */
  public static MomentsIdentity of(
      CompressionOptions.Calibration options,
      TextOptions asked,
      CalibrationSet calibration,
      Checkpoint checkpoint,
      Compute compute) {
    Map<String, Path> files = new LinkedHashMap<>(InputFiles.ofModel(checkpoint));
    files.putAll(InputFiles.calibration(options.files()));
    Map<String, String> sums = FileSums.sha256(files, compute.workers());
    return of(options, asked, calibration, checkpoint, sums, Precision.F32);
  }

  /**
   * Of a run's calibration.
   *
   * @param asked how the texts become windows
   * @param sums the SHA-256 of every input file, as {@link InputFiles} names them
   * @param precision of the products that deliver the layers' inputs
   */
  public static MomentsIdentity of(
      CompressionOptions.Calibration options,
      TextOptions asked,
      CalibrationSet calibration,
      Checkpoint checkpoint,
      Map<String, String> sums,
      Precision precision) {
    Map<String, Path> model = new TreeMap<>(InputFiles.ofModel(checkpoint));
    Stream<String> read = InputFiles.calibration(options.files()).keySet().stream().map(sums::get);
    String texts = digest(Stream.concat(read, words(asked)).toList());
    return new MomentsIdentity(
        digest(model.keySet().stream().map(name -> name + " " + sums.get(name)).toList()),
        calibration.length(),
        precision.label(),
        List.of(new WindowRange(texts, options.seed(), 0, calibration.windows().size())));
  }

  private static String digest(List<String> lines) {
    String all = lines.stream().map(line -> line + "\n").collect(joining());
    return Sha256.of(all.getBytes(StandardCharsets.UTF_8));
  }

  private static Stream<String> words(TextOptions asked) {
    return Stream.concat(
        asked.field().map("field "::concat).stream(), Stream.of("windows " + asked.windows()));
  }
}
