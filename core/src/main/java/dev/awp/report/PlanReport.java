// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.report;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;

/**
 * What a run would do, before it does anything.
 *
 * @param layers those that are compressed, in the order in which they would be solved
 * @param leftAlone names of linear layers that are copied
 * @param texts what the files of texts are read as
 * @param warnings what is assumed, left out or not as the files say, a sentence each
 * @param totals of the run
 * @param structure what is removed of the model before, in words; nothing where nothing is
 * @param estimates what stands here for what the run has yet to measure, a sentence each
 */
public record PlanReport(
    List<Layer> layers,
    List<String> leftAlone,
    List<TextReport> texts,
    List<String> warnings,
    Totals totals,
    @JsonInclude(JsonInclude.Include.NON_EMPTY) List<String> structure,
    @JsonInclude(JsonInclude.Include.NON_EMPTY) List<String> estimates) {
  public PlanReport {
    layers = List.copyOf(layers);
    leftAlone = List.copyOf(leftAlone);
    texts = List.copyOf(texts);
    warnings = List.copyOf(warnings);
    structure = List.copyOf(structure);
    estimates = List.copyOf(estimates);
  }

  /**
   * One layer.
   *
   * @param rows dOut
   * @param columns dIn
   * @param dtype element type on disk
   * @param constraint in words
   * @param solver the solver's name
   * @param bytes of its weights as they are stored now
   * @param packedBytes of its codes, scales and zero points where these are packed
   * @param flops of its solve, about
   */
  public record Layer(
      String name,
      int rows,
      int columns,
      String dtype,
      String constraint,
      String solver,
      long bytes,
      long packedBytes,
      double flops) {}

  /**
   * Sums.
   *
   * @param bytes of all tensors of the checkpoint
   * @param packedBytes of all tensors once codes are packed
   * @param bitsPerWeight mean over the compressed layers, scales and zero points included
   * @param sparsity share of zeros that the constraints ask for in them
   * @param solveFlops of all solves, about
   * @param measureFlops of what is measured and removed of the model before its first layer is
   *     solved, about; 0 where planning has done it
   * @param passFlops of running the texts through the model, about
   * @param memoryBytes the most memory in use, mapped files aside
   * @param passes calibration passes over each block
   * @param gflopsPerSecond of single-precision matrix products, measured in this process
   * @param seconds of the run, at that rate: what is not a product takes its time besides
   */
  public record Totals(
      long bytes,
      long packedBytes,
      double bitsPerWeight,
      double sparsity,
      double measureFlops,
      double solveFlops,
      double passFlops,
      long memoryBytes,
      int passes,
      double gflopsPerSecond,
      double seconds) {}
}
