// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.api;

import dev.awp.AwpException;
import dev.awp.AwpVersion;
import dev.awp.compress.CompressionListener;
import dev.awp.compress.CompressionOptions;
import dev.awp.compress.CompressionOptions.Calibration;
import dev.awp.compress.ConstraintOptions;
import dev.awp.compress.Propagation;
import dev.awp.compress.walk.Compressor;
import dev.awp.constraint.Sparsity;
import dev.awp.eval.EvaluationOptions;
import dev.awp.format.OutputFormat;
import dev.awp.report.RunReport;
import dev.awp.solver.registry.SolverOptions;
import dev.awp.text.TextOptions;
import dev.awp.text.Windows;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A compression of a checkpoint folder: what {@code awp compress} does, with the same defaults.
 * Each method changes this description and returns it; {@link #run} does the work.
 */
public final class CheckpointCompression {
  private final Awp awp;
  private TextOptions texts = TextOptions.DEFAULT;
  private final CompressionOptions.Builder options;
  private Optional<Sparsity> sparsity = Optional.empty();
  private Optional<ConstraintOptions.Grid> grid = Optional.empty();
  private Calibration calibration = Calibration.of(List.of());
  private CompressionListener listener = new CompressionListener() {};

  CheckpointCompression(Awp awp, Path model, Path output) {
    this.awp = awp;
    this.options = CompressionOptions.builder(model, output);
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
    options.formats(List.of(wanted));
    return this;
  }

  /** By which solver; by default the best for the constraint. */
  public CheckpointCompression solver(SolverOptions wanted) {
    options.solver(wanted);
    return this;
  }

  /**
   * Texts to calibrate on, of any kind that awp reads; at least one is needed without statistics.
   */
  public CheckpointCompression calibration(Path... files) {
    calibration = calibration.withFiles(List.of(files));
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
    calibration =
        new Calibration(
            calibration.files(), count, OptionalInt.of(length), choice, calibration.statistics());
    return this;
  }

  /**
   * Calibrates every block on the original model's inputs and keeps its weights as the target,
   * instead of making up for the errors of the layers before it.
   */
  public CheckpointCompression denseInputs() {
    options.propagation(Propagation.DENSE);
    return this;
  }

  /**
   * Takes the second moments of layers' inputs from a folder that {@code awp calibrate} has
   * written: inputs are {@linkplain #denseInputs dense}, and texts to calibrate on are not needed.
   */
  public CheckpointCompression statistics(Path folder) {
    calibration = calibration.withStatistics(folder);
    return denseInputs();
  }

  /** Bytes that the run may use, mapped files aside; by default the machine's memory. */
  public CheckpointCompression memoryLimit(long bytes) {
    options.memoryLimit(bytes);
    return this;
  }

  /** Texts on which to measure perplexity before and after, and divergence from the original. */
  public CheckpointCompression evaluate(Path... files) {
    options.evaluation(new EvaluationOptions(List.of(files), OptionalInt.empty()));
    return this;
  }

  /** The field that holds the text where texts are rows of data; by default it is found. */
  public CheckpointCompression textField(String name) {
    texts = texts.withField(name);
    options.texts(texts);
    return this;
  }

  /** What windows of tokens begin with; by default as the model knows texts. */
  public CheckpointCompression windows(Windows wanted) {
    texts = texts.withWindows(wanted);
    options.texts(texts);
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
    if (calibration.files().isEmpty() && calibration.statistics().isEmpty()) {
      throw new IllegalStateException("a text to calibrate on is needed");
    }
    CompressionOptions described =
        options.constraint(new ConstraintOptions(sparsity, grid)).calibration(calibration).build();
    synchronized (awp) {
      return Compressor.run(described, AwpVersion.current(), awp.compute(), listener);
    }
  }
}
