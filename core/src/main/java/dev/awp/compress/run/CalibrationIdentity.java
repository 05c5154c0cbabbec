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
    Stream<String> read = InputFiles.calibration(options.files()).keySet().stream().map(sums::get);
    String texts = digest(Stream.concat(read, words(asked)).toList());
    return new MomentsIdentity(
        model(checkpoint, sums),
        calibration.length(),
        precision.label(),
        List.of(new WindowRange(texts, options.seed(), 0, calibration.windows().size())));
  }

  /** The checksum of a model: of the names and sums of all files that hold it. */
  public static String model(Checkpoint checkpoint, Compute compute) {
    return model(checkpoint, FileSums.sha256(InputFiles.ofModel(checkpoint), compute.workers()));
  }

  /**
   * The same, of sums that are known.
   *
   * @param sums the SHA-256 of every file, as {@link InputFiles} names them
   */
  public static String model(Checkpoint checkpoint, Map<String, String> sums) {
    Map<String, Path> model = new TreeMap<>(InputFiles.ofModel(checkpoint));
    return digest(model.keySet().stream().map(name -> name + " " + sums.get(name)).toList());
  }

  /**
   * Who takes moments, of which texts, in words: what decides their last bits, and what a person
   * asks.
   *
   * @param version of the program
   * @param asked how the texts become windows
   */
  public static Map<String, String> origin(
      List<Path> texts, TextOptions asked, String version, Compute compute) {
    Map<String, String> origin = new LinkedHashMap<>();
    origin.put("awp", version);
    origin.put("kernels", compute.kernels().name());
    origin.put("blas", compute.blas().name());
    origin.put("threads", RunIdentity.threads(compute));
    origin.put("texts", String.join(", ", RunDescription.names(texts)));
    origin.put("windows", asked.windows().name());
    return origin;
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
