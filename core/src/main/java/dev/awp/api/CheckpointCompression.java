// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.api;

import dev.awp.AwpException;
import dev.awp.AwpVersion;
import dev.awp.compress.CompressionListener;
import dev.awp.compress.CompressionOptions;
import dev.awp.compress.ConstraintOptions;
import dev.awp.compress.Propagation;
import dev.awp.compress.Target;
import dev.awp.compress.walk.Compressor;
import dev.awp.constraint.Sparsity;
import dev.awp.eval.EvaluationOptions;
import dev.awp.format.OutputFormat;
import dev.awp.format.registry.OutputFormats;
import dev.awp.recipe.Recipe;
import dev.awp.report.RunReport;
import dev.awp.solver.registry.SolverOptions;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * A compression of a checkpoint folder: what {@code awp compress} does, with the same defaults.
 * Each method changes this description and returns it; {@link #run} does the work.
 */
public final class CheckpointCompression {
  private static final long MAX_SHARD_BYTES = 5_000_000_000L;

  private final Awp awp;
  private final Path model;
  private final Path output;
  private Optional<Sparsity> sparsity = Optional.empty();
  private Optional<ConstraintOptions.Grid> grid = Optional.empty();
  private List<OutputFormat> formats = List.of(OutputFormats.DENSE);
  private SolverOptions solver = SolverOptions.of(SolverOptions.AUTO);
  private List<Path> calibration = List.of();
  private int sequences = 128;
  private OptionalInt sequenceLength = OptionalInt.empty();
  private long seed;
  private boolean dense;
  private OptionalLong memoryLimit = OptionalLong.empty();
  private List<Path> evaluation = List.of();
  private CompressionListener listener = new CompressionListener() {};

  CheckpointCompression(Awp awp, Path model, Path output) {
    this.awp = awp;
    this.model = model;
    this.output = output;
  }

  /** Zeros in every layer; together with {@link #grid} both at once. */
  public CheckpointCompression sparsity(Sparsity wanted) {
    sparsity = Optional.of(wanted);
    return this;
  }

  /**
   * An integer grid in every layer.
   *
   * @param bits 2, 3, 4 or 8
   * @param groupSize columns that share a scale and a zero point; 0 for the whole row
   * @param symmetric whether the zero point is in the middle of the codes
   */
  public CheckpointCompression grid(int bits, int groupSize, boolean symmetric) {
    grid = Optional.of(new ConstraintOptions.Grid(bits, groupSize, symmetric));
    return this;
  }

  /**
   * In which formats to write; by default dense tensors. With several, each is a model in a
   * sub-folder of its name.
   */
  public CheckpointCompression formats(OutputFormat... wanted) {
    formats = List.of(wanted);
    return this;
  }

  /** By which solver; by default the best for the constraint. */
  public CheckpointCompression solver(SolverOptions wanted) {
    solver = wanted;
    return this;
  }

  /** Texts to calibrate on, .txt or .jsonl; at least one is needed. */
  public CheckpointCompression calibration(Path... files) {
    calibration = List.of(files);
    return this;
  }

  /**
   * Which windows of the calibration texts; by default 128 of the model's context, at most 2,048
   * tokens, with seed 0.
   *
   * @param count number of windows
   * @param length tokens of a window
   * @param choice seed of the choice of windows
   */
  public CheckpointCompression windows(int count, int length, long choice) {
    sequences = count;
    sequenceLength = OptionalInt.of(length);
    seed = choice;
    return this;
  }

  /**
   * Calibrates every block on the original model's inputs and keeps its weights as the target,
   * instead of making up for the errors of the layers before it.
   */
  public CheckpointCompression denseInputs() {
    dense = true;
    return this;
  }

  /** Bytes that the run may use, mapped files aside; by default the machine's memory. */
  public CheckpointCompression memoryLimit(long bytes) {
    memoryLimit = OptionalLong.of(bytes);
    return this;
  }

  /** Texts on which to measure perplexity before and after. */
  public CheckpointCompression evaluate(Path... files) {
    evaluation = List.of(files);
    return this;
  }

  /** Who hears how it goes on, on the thread that calls {@link #run}. */
  public CheckpointCompression listener(CompressionListener wanted) {
    listener = wanted;
    return this;
  }

  /**
   * Compresses.
   *
   * @return the report, which also lies in the output folder
   * @throws AwpException for bad input; the output folder then does not exist
   * @throws IllegalStateException where there is neither a sparsity nor a grid, or no text
   */
  public RunReport run() {
    if (sparsity.isEmpty() && grid.isEmpty()) {
      throw new IllegalStateException("say what to do: sparsity, grid or both");
    }
    if (calibration.isEmpty()) {
      throw new IllegalStateException("a text to calibrate on is needed");
    }
    CompressionOptions options =
        new CompressionOptions(
            model,
            output,
            formats,
            Recipe.uniform(new ConstraintOptions(sparsity, grid).toSettings()),
            solver,
            new CompressionOptions.Calibration(calibration, sequences, sequenceLength, seed),
            dense ? Propagation.DENSE : Propagation.COMPRESSED,
            dense ? Target.DENSE : Target.PROPAGATED,
            MAX_SHARD_BYTES,
            memoryLimit,
            new EvaluationOptions(evaluation, OptionalInt.empty()));
    synchronized (awp) {
      return Compressor.run(options, AwpVersion.current(), awp.compute(), listener);
    }
  }
}
