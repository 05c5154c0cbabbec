// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.verify;

import dev.awp.AwpException;
import dev.awp.Progress;
import dev.awp.checkpoint.Checkpoint;
import dev.awp.checkpoint.FolderContent;
import dev.awp.checkpoint.registry.Checkpoints;
import dev.awp.compress.run.FileSums;
import dev.awp.compute.Compute;
import dev.awp.disk.Sha256;
import dev.awp.format.gguf.GgufLayers;
import dev.awp.format.registry.CheckpointWeights;
import dev.awp.format.registry.OutputFormats;
import dev.awp.format.safetensors.GridFile;
import dev.awp.model.ModelLayout;
import dev.awp.model.WeightSource;
import dev.awp.report.LayerReport;
import dev.awp.report.ReportFile;
import dev.awp.report.RunReport;
import dev.awp.stored.TensorReader;
import dev.awp.tensor.DType;
import dev.awp.tensor.Matrix;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Holds an output folder against its report: every file against its checksum, every layer against
 * its constraint. Reads everything and trusts nothing of what it reads but the report.
 */
public final class Verification {
  /** Made of report.json, and so after the checksums. */
  private static final Set<String> UNSUMMED = Set.of("report.html");

  private final Path folder;
  private final RunReport report;
  private final Compute compute;
  private final List<String> violations = new ArrayList<>();

  private Verification(Path folder, RunReport report, Compute compute) {
    this.folder = folder;
    this.report = report;
    this.compute = compute;
  }

  /**
   * What is wrong with a folder.
   *
   * @param checkedLayers how many layers were held against their constraints
   * @param violations one sentence each; empty where all is as the report says
   */
  public record Result(int files, int checkedLayers, List<String> violations) {
    public Result {
      violations = List.copyOf(violations);
    }
  }

  /** Verifies a folder; AwpException where there is no report to hold it against. */
  public static Result of(Path folder, Compute compute, Progress progress) {
    RunReport report = ReportFile.read(folder);
    if (report.files().isEmpty()) {
      throw new AwpException(
          ReportFile.of(folder) + ": has no checksums, an earlier version of awp wrote it");
    }
    Verification verification = new Verification(folder, report, compute);
    progress.step("checksums");
    if (!ReportFile.isWhole(folder)) {
      verification.violations.add(
          ReportFile.NAME
              + ": its own SHA-256, in its last line, is another; what follows may be wrong");
    }
    verification.checkFiles();
    int layers = 0;
    for (String format : verification.formats()) {
      layers += verification.checkModel(format, progress);
    }
    return new Result(report.files().size(), layers, verification.violations);
  }

  /** Sub-folders of the models in the output; one model lies in the output itself. */
  private List<String> formats() {
    if (!(report.options().get("formats") instanceof List<?> names) || names.size() < 2) {
      return List.of("");
    }
    List<String> folders = names.stream().map(String::valueOf).toList();
    for (String name : folders) {
      if (OutputFormats.byName(name).isEmpty()) {
        throw new AwpException(
            "%s: formats has '%s', which is no format's name"
                .formatted(folder.resolve(ReportFile.NAME), name));
      }
    }
    return folders;
  }

  private void checkFiles() {
    Map<String, Path> present = Files.isDirectory(folder) ? FileSums.files(folder) : onlyFile();
    for (Map.Entry<String, RunReport.FileSum> entry : report.files().entrySet()) {
      Path file = present.get(entry.getKey());
      if (file == null) {
        violations.add(entry.getKey() + ": is missing");
      } else {
        checkFile(entry.getKey(), file, entry.getValue());
      }
    }
    present.keySet().stream()
        .filter(name -> !report.files().containsKey(name) && !UNSUMMED.contains(name))
        .forEach(name -> violations.add(name + ": is not in report.json"));
  }

  /** An output that is one file, under the name that it had while it grew. */
  private Map<String, Path> onlyFile() {
    return report.files().size() == 1
        ? Map.of(report.files().keySet().iterator().next(), folder)
        : Map.of();
  }

  private void checkFile(String name, Path file, RunReport.FileSum sum) {
    try {
      long size = Files.size(file);
      if (size != sum.bytes()) {
        violations.add("%s: has %s bytes, not %s".formatted(name, size, sum.bytes()));
      } else if (!Sha256.of(file).equals(sum.sha256())) {
        violations.add(name + ": its SHA-256 is another than in report.json");
      }
    } catch (IOException e) {
      violations.add(name + ": cannot be read: " + e.getMessage());
    }
  }

  /** Layers of a model that were held against their constraints. */
  private int checkModel(String format, Progress progress) {
    Path own = format.isEmpty() ? folder : folder.resolve(format);
    progress.step((format.isEmpty() ? "" : format + ": ") + "masks and grids");
    try (Arena arena = Arena.ofShared()) {
      if (FolderContent.of(own).gguf().isPresent()) {
        // Its blocks can hold nothing but codes.
        List<String> names = report.layers().stream().map(LayerReport::name).toList();
        GgufLayers layers = GgufLayers.open(own, names, arena);
        return checkLayers(
            (layer, memory) -> {
              layers.checkType(
                  layer.name(), layer.rule().blocks(), report.options(), layer.dtype());
              return layers.matrix(layer.name(), layer.columns(), compute.kernels(), memory);
            },
            Optional.empty());
      }
      try (Checkpoint checkpoint = Checkpoints.open(own)) {
        ModelLayout layout = ModelLayout.of(checkpoint.config());
        WeightSource weights = CheckpointWeights.of(checkpoint, layout, compute.kernels());
        TensorReader reader = new TensorReader(compute.kernels());
        return checkLayers(
            (layer, memory) -> reader.matrix(weights.tensor(layer.name() + ".weight"), memory),
            GridFile.open(own, arena));
      }
    } catch (AwpException e) {
      violations.add(e.getMessage());
      return 0;
    }
  }

  /** Reads a layer as it was written, [rows, columns]. */
  private interface Written {
    Matrix matrix(LayerReport layer, Arena memory);
  }

  private int checkLayers(Written written, Optional<GridFile> grids) {
    int checked = 0;
    for (LayerReport layer : report.layers()) {
      try (Arena arena = Arena.ofShared()) {
        checkLayer(layer, written.matrix(layer, arena), grids, arena);
        checked++;
      } catch (AwpException | IllegalArgumentException e) {
        violations.add(layer.name() + ": " + e.getMessage());
      }
    }
    return checked;
  }

  private void checkLayer(LayerReport layer, Matrix t, Optional<GridFile> grids, Arena arena) {
    layer
        .rule()
        .toSparsity()
        .flatMap(pattern -> pattern.check(t, GridFile.none(arena)))
        .ifPresent(broken -> violations.add(layer.name() + ": " + broken));
    if (grids.isPresent()) {
      layer
          .rule()
          .toGrid(DType.valueOf(layer.dtype()))
          .flatMap(
              grid -> grid.check(t, grids.get().parameters(layer.name(), compute.kernels(), arena)))
          .ifPresent(broken -> violations.add(layer.name() + ": " + broken));
    }
  }
}
