// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.run;

import dev.awp.calibration.saved.MomentsManifest;
import dev.awp.checkpoint.Checkpoint;
import dev.awp.checkpoint.CompanionFiles;
import dev.awp.checkpoint.FolderContent;
import dev.awp.compress.CompressionOptions;
import dev.awp.disk.FileStamps;
import dev.awp.text.file.TextFiles;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Every file that a run reads, under the name by which its checksum is known. */
public final class InputFiles {
  private InputFiles() {}

  /**
   * Looks at all files that a run may read, before the first is opened.
   *
   * @see #stamps(FileStamps, Checkpoint, CompressionOptions)
   */
  public static FileStamps stamps(CompressionOptions options) {
    return FolderContent.stamps(options.model(), notOfModel(options));
  }

  /** Those of the files that the run does read. */
  public static FileStamps stamps(
      FileStamps all, Checkpoint checkpoint, CompressionOptions options) {
    Set<Path> files = notOfModel(options);
    files.addAll(checkpoint.files());
    return all.only(files);
  }

  /** What has a checksum, and what the options stand for. */
  private static Set<Path> notOfModel(CompressionOptions options) {
    Set<Path> files = new LinkedHashSet<>(besidesModel(options).values());
    files.addAll(options.sources());
    return files;
  }

  /** Configuration, tokenizer, and what else of a model's folder is copied. */
  static Map<String, Path> companions(Checkpoint checkpoint) {
    Set<Path> read = checkpoint.files();
    Map<String, Path> files = new LinkedHashMap<>();
    CompanionFiles.list(checkpoint.companions()).stream()
        .filter(read::contains)
        .forEach(file -> files.put(CompanionFiles.name(checkpoint.companions(), file), file));
    return files;
  }

  /** The same, and the weights. */
  static Map<String, Path> ofModel(Checkpoint checkpoint) {
    Map<String, Path> files = companions(checkpoint);
    Set<Path> weights = new LinkedHashSet<>();
    checkpoint.tensors().stream()
        .flatMap(tensor -> tensor.parts().stream())
        .forEach(part -> weights.add(part.file()));
    weights.forEach(file -> files.put(name(file), file));
    return files;
  }

  /** Texts to calibrate on. */
  static Map<String, Path> calibration(List<Path> texts) {
    return texts("calibration", texts);
  }

  /** All that a compression reads besides the model. */
  static Map<String, Path> besidesModel(CompressionOptions options) {
    Map<String, Path> files = calibration(options.calibration().files());
    files.putAll(texts("evaluation", options.evaluation().files()));
    options
        .calibration()
        .statistics()
        .ifPresent(folder -> files.put("statistics", MomentsManifest.in(folder)));
    return files;
  }

  private static Map<String, Path> texts(String use, List<Path> texts) {
    Map<String, Path> files = new LinkedHashMap<>();
    TextFiles.named(texts).forEach((name, file) -> files.put(use + " " + name, file));
    return files;
  }

  static String name(Path file) {
    return file.getFileName().toString();
  }
}
