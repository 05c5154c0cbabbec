// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress;

import dev.awp.calibration.CalibrationSet;
import dev.awp.format.OutputFormat;
import dev.awp.kernel.Compute;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a report says of the options and the machine of a run. */
final class RunDescription {
  private RunDescription() {}

  static Map<String, String> environment(Compute compute) {
    Map<String, String> environment = new LinkedHashMap<>();
    environment.put("java", System.getProperty("java.vm.name") + " " + Runtime.version());
    environment.put("os", System.getProperty("os.name") + " " + System.getProperty("os.arch"));
    environment.put("kernels", compute.kernels().name());
    environment.put("blas", compute.blas().name());
    environment.put("threads", Integer.toString(compute.workers().threads()));
    return environment;
  }

  static Map<String, Object> options(CompressionOptions options, CalibrationSet calibration) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("model", fileName(options.model()));
    options.constraint().sparsity().ifPresent(s -> all.put("sparsity", s.describe()));
    options
        .constraint()
        .grid()
        .ifPresent(
            grid -> {
              all.put("bits", grid.bits());
              all.put("groupSize", grid.groupSize());
              all.put("symmetric", grid.symmetric());
            });
    options.constraint().blocks().ifPresent(blocks -> all.put("blocks", blocks.name()));
    all.put("formats", options.formats().stream().map(OutputFormat::name).toList());
    SolverOptions solver = options.solver();
    all.put("solver", solver.name());
    all.put("effort", solver.effort().name());
    solver.iterations().ifPresent(v -> all.put("iterations", v));
    solver.step().ifPresent(v -> all.put("step", v));
    solver.tolerance().ifPresent(v -> all.put("tolerance", v));
    solver.ramp().ifPresent(v -> all.put("ramp", v));
    solver.start().ifPresent(v -> all.put("start", v.name()));
    all.put("calibration", names(options.calibration().files()));
    all.put("sequences", calibration.windows().size());
    all.put("sequencesWanted", options.calibration().sequences());
    all.put("sequenceLength", calibration.length());
    all.put("calibrationTextTokens", calibration.textTokens());
    all.put("seed", options.calibration().seed());
    all.put("propagate", options.propagation().name());
    all.put("target", options.target().name());
    all.put("maxShardBytes", options.maxShardBytes());
    all.put("evaluate", names(options.evaluation().files()));
    return all;
  }

  /** What must be equal for the cells of two comparisons to stand in one table. */
  static Map<String, Object> comparison(ComparisonOptions options, CalibrationSet calibration) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("model", fileName(options.model()));
    all.put("effort", options.effort().name());
    all.put("calibration", names(options.calibration().files()));
    all.put("sequences", calibration.windows().size());
    all.put("sequenceLength", calibration.length());
    all.put("calibrationTextTokens", calibration.textTokens());
    all.put("seed", options.calibration().seed());
    all.put("evaluate", names(options.evaluation().files()));
    options.evaluation().sequenceLength().ifPresent(v -> all.put("evaluateLength", v));
    return all;
  }

  private static List<String> names(List<Path> files) {
    return files.stream().map(RunDescription::fileName).toList();
  }

  /** Names only: a report is published, and where the files lay is nobody's business. */
  private static String fileName(Path path) {
    Path name = path.toAbsolutePath().normalize().getFileName();
    return name == null ? "" : name.toString();
  }
}
