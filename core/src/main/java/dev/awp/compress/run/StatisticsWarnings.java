// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.run;

import dev.awp.calibration.saved.MomentsManifest;
import dev.awp.calibration.saved.MomentsManifest.Kind;
import dev.awp.compute.Compute;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What is to be told of saved moments that a run uses. */
public final class StatisticsWarnings {
  private static final Logger LOG = LoggerFactory.getLogger(StatisticsWarnings.class);

  private StatisticsWarnings() {}

  /** A sentence each, which is told here too. */
  public static List<String> of(MomentsManifest saved, Compute compute) {
    String others =
        saved.origins().stream()
            .map(origin -> otherMachine(origin, compute))
            .flatMap(Optional::stream)
            .distinct()
            .collect(Collectors.joining("; "));
    List<String> warnings =
        saved.kind() == Kind.DIAGONALS
            ? List.of(
                "the statistics are the diagonal of C, from an imatrix: solvers know how large each"
                    + " input is, and not how inputs go together, so that no error of a weight is"
                    + " made good by another weight")
            : others.isEmpty()
                ? List.of()
                : List.of(
                    "the statistics were taken on %s, this run has %s: its bytes may differ in last bits from those of a run that calibrates here"
                        .formatted(
                            others, compute.kernels().name() + ", " + compute.blas().name()));
    warnings.forEach(warning -> LOG.warn("{}", warning));
    return warnings;
  }

  private static Optional<String> otherMachine(Map<String, String> origin, Compute compute) {
    String kernels = origin.getOrDefault("kernels", compute.kernels().name());
    String blas = origin.getOrDefault("blas", compute.blas().name());
    return kernels.equals(compute.kernels().name()) && blas.equals(compute.blas().name())
        ? Optional.empty()
        : Optional.of(kernels + ", " + blas);
  }
}
