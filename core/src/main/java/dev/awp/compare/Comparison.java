// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compare;

import dev.awp.AwpException;
import dev.awp.calibration.CalibrationSet;
import dev.awp.calibration.saved.DenseMoments;
import dev.awp.calibration.saved.MomentsIdentity;
import dev.awp.calibration.saved.MomentsManifest;
import dev.awp.calibration.saved.MomentsManifest.Kind;
import dev.awp.calibration.saved.MomentsWriter;
import dev.awp.calibration.saved.SavedMoments;
import dev.awp.checkpoint.Checkpoint;
import dev.awp.checkpoint.FolderContent;
import dev.awp.checkpoint.ModelName;
import dev.awp.checkpoint.registry.Checkpoints;
import dev.awp.compress.CompressionListener;
import dev.awp.compress.ConstraintOptions;
import dev.awp.compress.plan.RunChecks;
import dev.awp.compress.run.CalibrationIdentity;
import dev.awp.compress.run.RunDescription;
import dev.awp.compress.run.StatisticsWarnings;
import dev.awp.compress.structured.ExpertMeasures;
import dev.awp.compress.structured.StructurePlan;
import dev.awp.compute.Compute;
import dev.awp.disk.FileStamps;
import dev.awp.disk.Sha256;
import dev.awp.eval.Evaluator;
import dev.awp.model.ModelLayout;
import dev.awp.model.forward.TransformerModel;
import dev.awp.report.ComparisonReport;
import dev.awp.report.ReportFile;
import dev.awp.report.page.ComparisonFiles;
import dev.awp.solver.Solver;
import dev.awp.solver.registry.SolverOptions;
import dev.awp.solver.registry.Solvers;
import dev.awp.structured.choice.UnitChoices;
import dev.awp.tensor.DType;
import dev.awp.text.Tokenizers;
import dev.awp.text.drawing.Texts;
import dev.awp.text.file.PipedTexts;
import dev.awp.text.file.TextFiles;
import dev.awp.tokenizer.Tokenizer;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Compresses a model by many methods and sets them side by side. Every cell of the table is a whole
 * compression, written to a temporary folder, read back and evaluated; only its report is kept. The
 * layers' inputs are those of the dense model, calibrated once for all cells, or before them. What
 * is finished is on disk: an interrupted comparison goes on with the next cell.
 */
public final class Comparison {
  private static final String OPTIONS = "options.json";

  private final ComparisonOptions options;
  private final Compute compute;
  private final CompressionListener listener;

  private Comparison(ComparisonOptions options, Compute compute, CompressionListener listener) {
    this.options = options;
    this.compute = compute;
    this.listener = listener;
  }

  private record Cell(ConstraintOptions constraint, String words, Solver solver) {
    private String file() {
      return Comparison.file(words, solver.name());
    }
  }

  private static String file(String constraint, String method) {
    String name = (constraint + " " + method).toLowerCase(Locale.ROOT);
    return name.replaceAll("[^a-z0-9.]+", "-") + ".json";
  }

  /** Every share by every way to choose what goes. */
  private List<StructuredCell> structuredCells() {
    Stream<StructuredCell> widths =
        options.widths().stream()
            .flatMap(
                share -> UnitChoices.names().stream().map(by -> StructuredCell.width(share, by)));
    Stream<StructuredCell> experts =
        options.experts().stream()
            .flatMap(
                removed ->
                    ExpertMeasures.names().stream().map(by -> StructuredCell.experts(removed, by)));
    return Stream.concat(widths, experts).toList();
  }

  /**
   * Runs what is not yet finished.
   *
   * @param version of the program, for the report
   * @return the whole comparison, which also lies in the output folder
   * @throws AwpException for bad input, and where the folder holds a comparison of other options
   */
  public static ComparisonReport run(
      ComparisonOptions options, String version, Compute compute, CompressionListener listener) {
    try (PipedTexts pipes = new PipedTexts(listener)) {
      return new Comparison(options.withTexts(pipes::keep), compute, listener).run(version);
    }
  }

  private ComparisonReport run(String version) {
    List<Cell> cells = cells();
    RunChecks.checkFolders(options.model(), options.output());
    Set<Path> read = new HashSet<>(TextFiles.named(options.calibration().files()).values());
    read.addAll(TextFiles.named(options.evaluation().files()).values());
    FileStamps stamps = FolderContent.stamps(options.model(), read);
    try (Checkpoint checkpoint = Checkpoints.open(options.model());
        Tokenizer tokenizer = Tokenizers.open(checkpoint.companions());
        Arena arena = Arena.ofShared()) {
      ModelLayout layout = ModelLayout.of(checkpoint.config());
      RunChecks.checkDense(checkpoint);
      layout.check(checkpoint::tensor);
      RunChecks.tellUnused(checkpoint, layout);
      read.addAll(checkpoint.files());
      FileStamps inputs = stamps.only(read);
      Optional<Path> given = options.calibration().statistics();
      boolean texts = !options.calibration().files().isEmpty();
      int length =
          given
              .filter(_ -> !texts)
              .map(folder -> MomentsManifest.read(folder).identity().length())
              .orElseGet(() -> RunChecks.windowLength(options.calibration(), checkpoint.config()));
      var _ = Evaluator.checkWindow(options.evaluation(), layout, length);
      CalibrationSet calibration =
          texts
              ? CalibrationSet.load(
                  texts(options.calibration().files(), checkpoint, tokenizer),
                  options.calibration().sequences(),
                  length,
                  options.calibration().seed())
              : CalibrationSet.none(length);
      checkStructures(checkpoint);
      Map<String, Object> described = described(calibration);
      Path finished = prepareFolder(described);
      Evaluator evaluator =
          Evaluator.of(
              options.evaluation(),
              layout,
              length,
              files -> texts(files, checkpoint, tokenizer),
              compute,
              listener);
      List<ComparisonReport.Cell> reports = new ArrayList<>();
      if (!cells.isEmpty()) {
        listener.step("checksums of the input");
        SavedMoments moments = moments(checkpoint, layout, calibration, inputs, version, arena);
        layout.linears().forEach(moments::checkHas);
        try (ComparisonCell runner =
            new ComparisonCell(
                options.output(), checkpoint, layout, moments, evaluator, compute, listener)) {
          for (Cell cell : cells) {
            Path file = finished.resolve(cell.file());
            if (!Files.exists(file)) {
              listener.step(
                  "%s by %s (%s of %s)"
                      .formatted(
                          cell.words(), cell.solver().name(), reports.size() + 1, cells.size()));
              ComparisonReport.Cell result =
                  runner.run(cell.constraint(), cell.words(), cell.solver());
              inputs.check();
              ReportFile.writeJson(result, file);
            }
            reports.add(ReportFile.readJson(file, ComparisonReport.Cell.class));
          }
        }
      }
      for (StructuredCell cell : structuredCells()) {
        Path file = finished.resolve(file(cell.words(), cell.by()));
        if (!Files.exists(file)) {
          listener.step("%s by %s".formatted(cell.words(), cell.by()));
          ComparisonReport.Cell result = cell.run(options, version, compute, listener);
          inputs.check();
          ReportFile.writeJson(result, file);
        }
        reports.add(ReportFile.readJson(file, ComparisonReport.Cell.class));
      }
      ComparisonReport report =
          new ComparisonReport(
              version,
              RunDescription.environment(compute),
              described,
              PackedModel.size(checkpoint, layout, Optional.empty()),
              reports);
      ComparisonFiles.write(report, options.output());
      return report;
    }
  }

  /** Refuses what the model cannot be without. */
  private void checkStructures(Checkpoint checkpoint) {
    for (StructuredCell cell : structuredCells()) {
      var _ = new StructurePlan(cell.structure(), checkpoint.config()).candidates();
    }
  }

  private Texts texts(List<Path> files, Checkpoint checkpoint, Tokenizer tokenizer) {
    return Texts.of(files, options.texts(), checkpoint.companions(), tokenizer, listener);
  }

  /** Those that are given, or those in the output's folder, which are taken where they are not. */
  private SavedMoments moments(
      Checkpoint checkpoint,
      ModelLayout layout,
      CalibrationSet calibration,
      FileStamps inputs,
      String version,
      Arena arena) {
    Optional<Path> given = options.calibration().statistics();
    if (calibration.windows().isEmpty()) {
      SavedMoments moments = SavedMoments.open(given.orElseThrow(), compute, arena);
      moments.checkModel(CalibrationIdentity.model(checkpoint, compute));
      StatisticsWarnings.of(moments.manifest(), compute);
      return moments;
    }
    MomentsIdentity identity =
        CalibrationIdentity.of(
            options.calibration(), options.texts(), calibration, checkpoint, compute);
    if (given.isPresent()) {
      return SavedMoments.open(given.get(), identity, compute, arena);
    }
    Path own = options.output().resolve("statistics");
    if (!Files.exists(own)) {
      MomentsManifest manifest =
          MomentsManifest.begin(
              Kind.TRIANGLES,
              identity,
              List.of(
                  CalibrationIdentity.origin(
                      options.calibration().files(), options.texts(), version, compute)));
      TransformerModel model = new TransformerModel(layout, checkpoint::tensor, compute);
      DenseMoments.write(
          own,
          manifest,
          MomentsWriter.Start.CONTINUE,
          inputs,
          model,
          calibration.windows(),
          compute,
          listener);
    }
    try {
      return SavedMoments.open(own, identity, compute, arena);
    } catch (AwpException e) {
      throw new AwpException(e.getMessage() + "; remove that folder, and it is made anew", e);
    }
  }

  /** What must be equal for the cells of two comparisons to stand in one table. */
  private Map<String, Object> described(CalibrationSet calibration) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("model", ModelName.of(options.model()));
    all.put("effort", options.effort().name());
    if (!calibration.windows().isEmpty()) {
      all.put("calibration", RunDescription.names(options.calibration().files()));
      all.put("sequences", calibration.windows().size());
      all.put("sequenceLength", calibration.length());
      all.put("calibrationTextTokens", calibration.textTokens());
      all.put("seed", options.calibration().seed());
    }
    options
        .calibration()
        .statistics()
        .ifPresent(
            folder -> {
              all.put("statistics", Sha256.of(MomentsManifest.in(folder)));
              all.putAll(RunDescription.statistics(MomentsManifest.read(folder)));
            });
    all.put("evaluate", RunDescription.names(options.evaluation().files()));
    options.evaluation().sequenceLength().ifPresent(v -> all.put("evaluateLength", v));
    RunDescription.describe(options.texts(), all);
    return all;
  }

  /** Constraint by constraint, the methods that can serve it. */
  private List<Cell> cells() {
    List<Cell> cells = new ArrayList<>();
    Set<String> names = new LinkedHashSet<>(options.methods());
    if (names.isEmpty()) {
      Solvers.all(options.effort()).forEach(solver -> names.add(solver.name()));
    }
    for (ConstraintOptions constraint : options.constraints()) {
      var stored = constraint.forStorage(DType.F32);
      int before = cells.size();
      for (String name : names) {
        Solver solver = solver(name, constraint);
        if (solver.supports(stored)) {
          cells.add(new Cell(constraint, stored.describe(), solver));
        }
      }
      if (cells.size() == before) {
        throw new AwpException(
            "none of the methods %s can serve '%s'".formatted(names, stored.describe()));
      }
    }
    return cells;
  }

  private Solver solver(String name, ConstraintOptions constraint) {
    if (name.equals(SolverOptions.AUTO)) {
      return Solvers.best(constraint.forStorage(DType.F32), options.effort());
    }
    return Solvers.byName(name, options.effort())
        .orElseThrow(() -> new AwpException("there is no method " + name));
  }

  /** Makes the folder, or checks that what is in it belongs to the same comparison. */
  private Path prepareFolder(Map<String, Object> described) {
    Path cells = options.output().resolve("cells");
    Path file = options.output().resolve(OPTIONS);
    try {
      if (Files.exists(file)) {
        checkSame(described, file);
      } else if (Files.exists(options.output())) {
        try (Stream<Path> content = Files.list(options.output())) {
          if (content.findAny().isPresent()) {
            throw new AwpException(
                options.output() + ": the folder holds something other than a comparison");
          }
        }
      }
      Files.createDirectories(cells);
    } catch (IOException e) {
      throw new AwpException(options.output() + ": cannot be used: " + e.getMessage(), e);
    }
    ReportFile.writeJson(described, file);
    return cells;
  }

  /** Cells of other constraints and methods may be there; all else must be equal. */
  private static void checkSame(Map<String, Object> described, Path file) {
    Map<?, ?> before = ReportFile.readJson(file, LinkedHashMap.class);
    for (Map.Entry<String, Object> entry : described.entrySet()) {
      String old = Objects.toString(before.get(entry.getKey()));
      if (!old.equals(entry.getValue().toString())) {
        throw new AwpException(
            "%s: an unfinished comparison has %s %s, not %s; choose another --output"
                .formatted(file, entry.getKey(), old, entry.getValue()));
      }
    }
  }
}
