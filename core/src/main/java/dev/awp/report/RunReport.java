// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.report;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The whole story of a compression: report.json in the output folder.
 *
 * @param awp version of the program
 * @param environment Java, operating system, kernels, BLAS and threads
 * @param options every option of the run, defaults included
 * @param inputs SHA-256 of every file that was read, by name
 * @param warnings what was assumed or left out, and where tensors say otherwise than files: a
 *     sentence each
 * @param summary means and totals over the layers
 * @param peakResidentBytes the most memory that the process had resident, mapped files included; 0
 *     where the system does not tell
 * @param modelBytes of the tensors that were read; 0 in reports of earlier versions
 * @param phases what the time went into, one after the other; together they are the run's seconds
 * @param texts what the files of texts were read as
 * @param perplexity one entry for each evaluated text
 * @param layers in the order in which they were solved
 * @param files every other file of the output folder, by path with slashes
 * @param structure what was removed of the model before its layers were compressed: one entry, or
 *     none
 * @param budget what other budgets would have cost: one entry where the run measured it, or none
 */
@JsonIgnoreProperties(ReportSeal.KEY) // of the file, not of the run
public record RunReport(
    String awp,
    Map<String, String> environment,
    Map<String, Object> options,
    Map<String, String> inputs,
    List<String> warnings,
    Summary summary,
    long peakResidentBytes,
    long modelBytes,
    List<Phase> phases,
    List<TextReport> texts,
    List<PerplexityReport> perplexity,
    List<LayerReport> layers,
    Map<String, FileSum> files,
    @JsonInclude(JsonInclude.Include.NON_EMPTY) List<StructureReport> structure,
    @JsonInclude(JsonInclude.Include.NON_EMPTY) List<BudgetReport> budget) {
  public RunReport {
    requireNonNull(awp, "awp");
    requireNonNull(summary, "summary");
    environment = whole(environment);
    options = whole(options);
    perplexity = List.copyOf(perplexity);
    layers = List.copyOf(layers);
    // Reports of earlier versions have none of these.
    texts = texts == null ? List.of() : List.copyOf(texts);
    warnings = warnings == null ? List.of() : List.copyOf(warnings);
    inputs = inputs == null ? Map.of() : whole(inputs);
    files = files == null ? Map.of() : whole(files);
    structure = structure == null ? List.of() : List.copyOf(structure);
    phases = phases == null ? List.of() : List.copyOf(phases);
    budget = budget == null ? List.of() : List.copyOf(budget);
  }

  /** A copy in the same order; JSON has null where a value should be, records do not. */
  private static <T> Map<String, T> whole(Map<String, T> map) {
    map.forEach((key, value) -> requireNonNull(value, key));
    return Collections.unmodifiableMap(new LinkedHashMap<>(map));
  }

  /** A part of a run's time. */
  public record Phase(String name, double seconds) {
    public Phase {
      requireNonNull(name, "name");
    }
  }

  /**
   * A file as it was written.
   *
   * @param sha256 in hexadecimal digits
   */
  public record FileSum(long bytes, String sha256) {
    public FileSum {
      requireNonNull(sha256, "sha256");
    }
  }

  /**
   * Means and totals.
   *
   * @param meanRelativeError unweighted mean of the layers' relative errors
   * @param sparsity share of zeros in all compressed weights together
   * @param seconds wall time of the run, evaluation included
   */
  public record Summary(
      int layers, long weights, double meanRelativeError, double sparsity, double seconds) {
    /** Summarises the layers of a run. */
    public static Summary of(List<LayerReport> layers, double seconds) {
      long weights = 0;
      double zeros = 0;
      double errors = 0;
      for (LayerReport layer : layers) {
        long size = (long) layer.rows() * layer.columns();
        weights += size;
        zeros += layer.sparsity() * size;
        errors += layer.relativeError();
      }
      return new Summary(
          layers.size(),
          weights,
          layers.isEmpty() ? 0 : errors / layers.size(),
          weights == 0 ? 0 : zeros / weights,
          seconds);
    }
  }
}
