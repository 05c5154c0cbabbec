// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress;

import dev.awp.disk.OutputPlace;
import dev.awp.eval.EvaluationOptions;
import dev.awp.format.OutputFormat;
import dev.awp.format.registry.OutputFormats;
import dev.awp.recipe.Recipe;
import dev.awp.solver.Effort;
import dev.awp.solver.registry.SolverOptions;
import dev.awp.text.TextOptions;
import dev.awp.tuning.TuningOptions;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.UnaryOperator;

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
 * @param targetShare of the windows that go through the original model too, for {@link
 *     Target#PROPAGATED}; greater than 0, at most 1
 * @param ridge added to the diagonal of C, in units of its mean
 * @param tuning gradient steps by which each block's layers are tuned together; 0 for none
 * @param maxShardBytes largest data size of one written safetensors file
 * @param memoryLimit bytes that the run may use, mapped files aside; results do not depend on it
 * @param texts how they become windows
 * @param requantize whether a model in blocks of codes is taken for the original
 * @param sources files that these options were taken from, which must not change under the run
 * @param structure what is removed of the model before its layers are compressed
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
    double targetShare,
    double ridge,
    int tuning,
    long maxShardBytes,
    OptionalLong memoryLimit,
    EvaluationOptions evaluation,
    TextOptions texts,
    boolean requantize,
    List<Path> sources,
    Optional<StructureOptions> structure) {
  /** Data of one written safetensors file, at most, where nothing is said. */
  public static final int MAX_SHARD_GIGABYTES = 5;

  /**
   * The {@link #targetShare} with {@link Effort#LOW}; else all windows
   * (docs/decisions/0034-target-share.md).
   */
  public static final double LOW_TARGET_SHARE = 0.33;

  /** The ridge where nothing is said (docs/decisions/0031-ridge.md). */
  public static final double RIDGE = 0.03;

  public CompressionOptions {
    if (target == Target.PROPAGATED && propagation == Propagation.DENSE) {
      throw new IllegalArgumentException("dense inputs have not drifted");
    }
    if (!(targetShare > 0 && targetShare <= 1)) {
      throw new IllegalArgumentException("a share of %s of the windows".formatted(targetShare));
    }
    if (targetShare < 1 && tuning > 0) {
      throw new IllegalArgumentException("blocks are tuned by all windows of the original model");
    }
    if (calibration.statistics().isPresent() && propagation != Propagation.DENSE) {
      throw new IllegalArgumentException("saved moments are those of dense inputs");
    }
    if (calibration.statistics().isPresent() && structure.isPresent()) {
      throw new IllegalArgumentException("saved moments are those of the whole model");
    }
    if (tuning < 0) {
      throw new IllegalArgumentException(tuning + " steps of tuning");
    }
    if (calibration.statistics().isPresent() && tuning > 0) {
      throw new IllegalArgumentException("saved moments have no outputs of blocks to tune by");
    }
    formats = List.copyOf(formats);
    sources = List.copyOf(sources);
    if (formats.stream().anyMatch(OutputFormat::isFused)) {
      recipe = recipe.forFusedReaders();
    }
    if (formats.isEmpty() || Set.copyOf(formats).size() < formats.size()) {
      throw new IllegalArgumentException("no format, or one of them twice");
    }
  }

  /** The same with other files of the same texts. */
  public CompressionOptions withTexts(UnaryOperator<List<Path>> files) {
    return new CompressionOptions(
        model,
        output,
        formats,
        recipe,
        solver,
        calibration.withFiles(files.apply(calibration.files())),
        propagation,
        target,
        targetShare,
        ridge,
        tuning,
        maxShardBytes,
        memoryLimit,
        evaluation.withFiles(files.apply(evaluation.files())),
        texts,
        requantize,
        sources,
        structure);
  }

  /** Where the output comes to lie. */
  public OutputPlace place() {
    return formats.size() == 1 ? formats.getFirst().place(output) : OutputPlace.folder(output);
  }

  /** The same with another recipe. */
  public CompressionOptions withRecipe(Recipe wanted) {
    return new CompressionOptions(
        model,
        output,
        formats,
        wanted,
        solver,
        calibration,
        propagation,
        target,
        targetShare,
        ridge,
        tuning,
        maxShardBytes,
        memoryLimit,
        evaluation,
        texts,
        requantize,
        sources,
        structure);
  }

  /**
   * Begins a description in which all but the recipe and the calibration have a default.
   *
   * @param model folder of the checkpoint to read
   * @param output folder to write
   */
  public static Builder builder(Path model, Path output) {
    return new Builder(model, output);
  }

  /**
   * Which tokens the second moments are taken from.
   *
   * @param files texts of any kind that awp reads, or folders of them
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
    /** How many windows there are where nothing is said. */
    public static final int SEQUENCES = 128;

    /** The seed where nothing is said. */
    public static final long SEED = 0;

    public Calibration {
      files = List.copyOf(files);
    }

    /** A calibration whose moments the run takes. */
    public Calibration(List<Path> files, int sequences, OptionalInt sequenceLength, long seed) {
      this(files, sequences, sequenceLength, seed, Optional.empty());
    }

    /** As many windows as nothing else is said, of the model's context. */
    public static Calibration of(List<Path> files) {
      return new Calibration(files, SEQUENCES, OptionalInt.empty(), SEED);
    }

    /** The same of other texts. */
    public Calibration withFiles(List<Path> others) {
      return new Calibration(others, sequences, sequenceLength, seed, statistics);
    }

    /** The same with saved moments. */
    public Calibration withStatistics(Path folder) {
      return new Calibration(files, sequences, sequenceLength, seed, Optional.of(folder));
    }
  }

  /** Options that are named one by one; what is not named keeps its default. */
  public static final class Builder {
    private final Path model;
    private final Path output;
    private List<OutputFormat> formats = List.of(OutputFormats.DENSE);
    private Optional<Recipe> recipe = Optional.empty();
    private SolverOptions solver = SolverOptions.of(SolverOptions.AUTO);
    private Optional<Calibration> calibration = Optional.empty();
    private Propagation propagation = Propagation.COMPRESSED;
    private Optional<Target> target = Optional.empty();
    private OptionalDouble targetShare = OptionalDouble.empty();
    private double ridge = RIDGE;
    private OptionalInt tuning = OptionalInt.empty();
    private long maxShardBytes = MAX_SHARD_GIGABYTES * 1_000_000_000L;
    private OptionalLong memoryLimit = OptionalLong.empty();
    private EvaluationOptions evaluation = EvaluationOptions.NONE;
    private TextOptions texts = TextOptions.DEFAULT;
    private boolean requantize;
    private List<Path> sources = List.of();
    private Optional<StructureOptions> structure = Optional.empty();

    private Builder(Path model, Path output) {
      this.model = model;
      this.output = output;
    }

    /** By default ordinary tensors alone. */
    public Builder formats(List<OutputFormat> wanted) {
      formats = List.copyOf(wanted);
      return this;
    }

    public Builder recipe(Recipe wanted) {
      recipe = Optional.of(wanted);
      return this;
    }

    /** A recipe that gives the layers of all blocks the same constraint. */
    public Builder constraint(ConstraintOptions wanted) {
      return recipe(Recipe.uniform(wanted.toSettings()));
    }

    /** By default the best for the constraint. */
    public Builder solver(SolverOptions wanted) {
      solver = wanted;
      return this;
    }

    public Builder calibration(Calibration wanted) {
      calibration = Optional.of(wanted);
      return this;
    }

    /** By default {@link Propagation#COMPRESSED}. */
    public Builder propagation(Propagation wanted) {
      propagation = wanted;
      return this;
    }

    /** By default {@link Target#PROPAGATED} wherever inputs drift. */
    public Builder target(Target wanted) {
      target = Optional.of(wanted);
      return this;
    }

    /** By default 1, and with {@link Effort#LOW} {@value #LOW_TARGET_SHARE}. */
    public Builder targetShare(double wanted) {
      targetShare = OptionalDouble.of(wanted);
      return this;
    }

    /** By default {@value #RIDGE}. */
    public Builder ridge(double wanted) {
      ridge = wanted;
      return this;
    }

    /** By default 0, and with {@link Effort#MAX} {@value TuningOptions#STEPS}. */
    public Builder tuning(int steps) {
      tuning = OptionalInt.of(steps);
      return this;
    }

    /** By default {@value #MAX_SHARD_GIGABYTES} GB. */
    public Builder maxShardBytes(long bytes) {
      maxShardBytes = bytes;
      return this;
    }

    /** By default the machine's memory. */
    public Builder memoryLimit(long bytes) {
      memoryLimit = OptionalLong.of(bytes);
      return this;
    }

    /** By default of no text. */
    public Builder evaluation(EvaluationOptions wanted) {
      evaluation = wanted;
      return this;
    }

    /** By default the field is found, and windows begin as the model knows them. */
    public Builder texts(TextOptions wanted) {
      texts = wanted;
      return this;
    }

    /** By default a model in blocks of codes is refused. */
    public Builder requantize(boolean wanted) {
      requantize = wanted;
      return this;
    }

    /** By default nothing is removed. */
    public Builder structure(StructureOptions wanted) {
      structure = Optional.of(wanted);
      return this;
    }

    /** By default none. */
    public Builder sources(List<Path> files) {
      sources = List.copyOf(files);
      return this;
    }

    /**
     * The description.
     *
     * @throws IllegalStateException where the recipe or the calibration is missing
     * @throws IllegalArgumentException for options that exclude each other
     */
    public CompressionOptions build() {
      int steps = tuning.orElse(solver.effort() == Effort.MAX ? TuningOptions.STEPS : 0);
      return new CompressionOptions(
          model,
          output,
          formats,
          recipe
              .or(() -> structure.map(_ -> Recipe.NOTHING))
              .orElseThrow(() -> new IllegalStateException("say what to do: a recipe")),
          solver,
          calibration.orElseThrow(
              () -> new IllegalStateException("a text to calibrate on is needed")),
          propagation,
          target.orElse(propagation == Propagation.COMPRESSED ? Target.PROPAGATED : Target.DENSE),
          targetShare.orElse(solver.effort() == Effort.LOW && steps == 0 ? LOW_TARGET_SHARE : 1),
          ridge,
          steps,
          maxShardBytes,
          memoryLimit,
          evaluation,
          texts,
          requantize,
          sources,
          structure);
    }
  }
}
