// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress;

import dev.awp.eval.EvaluationOptions;
import dev.awp.format.OutputFormat;
import dev.awp.format.registry.OutputFormats;
import dev.awp.recipe.Recipe;
import dev.awp.solver.registry.SolverOptions;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Everything that decides what a compression writes.
 *
 * @param model folder of the checkpoint to read
 * @param output folder to write; must not exist or be empty
 * @param formats one or more; with several, each is a model in a sub-folder of its name, and
 *     activations and reported errors are those of the first
 * @param recipe what becomes of every layer; layers that the readers of a format fuse get the same
 *     of a budget of bits
 * @param solver where the recipe names no other
 * @param target {@link Target#PROPAGATED} needs {@link Propagation#COMPRESSED}
 * @param maxShardBytes largest data size of one written safetensors file
 * @param memoryLimit bytes that the run may use, mapped files aside; results do not depend on it
 */
public record CompressionOptions(
    Path model,
    Path output,
    List<OutputFormat> formats,
    Recipe recipe,
    SolverOptions solver,
    Calibration calibration,
    Propagation propagation,
    Target target,
    long maxShardBytes,
    OptionalLong memoryLimit,
    EvaluationOptions evaluation) {
  public CompressionOptions {
    if (target == Target.PROPAGATED && propagation == Propagation.DENSE) {
      throw new IllegalArgumentException("dense inputs have not drifted");
    }
    if (calibration.statistics().isPresent() && propagation != Propagation.DENSE) {
      throw new IllegalArgumentException("saved moments are those of dense inputs");
    }
    formats = List.copyOf(formats);
    if (formats.stream().anyMatch(OutputFormat::isFused)) {
      recipe = recipe.forFusedReaders();
    }
    if (formats.isEmpty() || Set.copyOf(formats).size() < formats.size()) {
      throw new IllegalArgumentException("no format, or one of them twice");
    }
  }

  /** The same constraint for the layers of all blocks, written as ordinary tensors. */
  public CompressionOptions(
      Path model,
      Path output,
      ConstraintOptions constraint,
      SolverOptions solver,
      Calibration calibration,
      Propagation propagation,
      Target target,
      long maxShardBytes,
      OptionalLong memoryLimit,
      EvaluationOptions evaluation) {
    this(
        model,
        output,
        List.of(OutputFormats.DENSE),
        Recipe.uniform(constraint.toSettings()),
        solver,
        calibration,
        propagation,
        target,
        maxShardBytes,
        memoryLimit,
        evaluation);
  }

  /**
   * Which tokens the second moments are taken from.
   *
   * @param files .txt or .jsonl
   * @param sequences number of windows
   * @param sequenceLength tokens of a window; by default the model's context, at most 2,048
   * @param seed of the choice of windows
   * @param statistics folder of their saved moments, with {@link Propagation#DENSE}; where there is
   *     none they are taken by the run
   */
  public record Calibration(
      List<Path> files,
      int sequences,
      OptionalInt sequenceLength,
      long seed,
      Optional<Path> statistics) {
    public Calibration {
      files = List.copyOf(files);
    }

    /** A calibration whose moments the run takes. */
    public Calibration(List<Path> files, int sequences, OptionalInt sequenceLength, long seed) {
      this(files, sequences, sequenceLength, seed, Optional.empty());
    }

    /** The same with saved moments. */
    public Calibration withStatistics(Path folder) {
      return new Calibration(files, sequences, sequenceLength, seed, Optional.of(folder));
    }
  }
}
