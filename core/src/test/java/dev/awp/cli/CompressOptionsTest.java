// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.Progress;
import dev.awp.calibration.CalibrationSet;
import dev.awp.calibration.saved.MomentsManifest;
import dev.awp.checkpoint.Checkpoint;
import dev.awp.checkpoint.registry.Checkpoints;
import dev.awp.compress.CompressionOptions;
import dev.awp.compress.plan.RunChecks;
import dev.awp.compress.run.RunDescription;
import dev.awp.compress.run.RunIdentity;
import dev.awp.compress.run.WeightScan;
import dev.awp.compute.Compute;
import dev.awp.fixture.GeneratedCheckpoint;
import dev.awp.format.ModelPlan;
import dev.awp.model.ModelLayout;
import dev.awp.tensor.DType;
import dev.awp.text.Tokenizers;
import dev.awp.text.drawing.Texts;
import dev.awp.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/**
 * Every option of {@code compress} is part of what a run is known by, so that an unfinished run is
 * never gone on with by another, or it cannot change a byte of what is written.
 */
class CompressOptionsTest {
  /** Options that cannot change a byte, each with the reason. */
  private static final Map<String, String> HARMLESS =
      Map.of(
          "--memory-limit", "more passes over the same inputs (MemoryPlanTest compares the bytes)",
          "--resume", "says what becomes of an unfinished run, and not what a run is",
          "--restart", "says what becomes of an unfinished run, and not what a run is",
          "--dry-run", "nothing is written",
          "--json", "how the dry run is told",
          "--quiet", "what is told on the way",
          "--verbose", "what is told on the way",
          "--help", "nothing is done",
          "--version", "nothing is done");

  /**
   * An option set to two values; both runs have the rest of the command in common.
   *
   * @param common what else is typed, so that the option has an effect
   * @param one what is typed for the first value; may be nothing
   */
  record Change(String option, List<String> common, List<String> one, List<String> other) {
    @Override
    public String toString() {
      return "%s: %s, or %s".formatted(String.join(" ", common), one, other);
    }
  }

  private static Change change(String option, String common, String one, String other) {
    return new Change(option, words(common), typed(option, one), typed(option, other));
  }

  /** Nothing, a flag, or an option with its value. */
  private static List<String> typed(String option, String value) {
    return switch (value) {
      case "" -> List.of();
      case "true" -> List.of(option);
      default -> List.of(option + "=" + value);
    };
  }

  private static List<String> words(String text) {
    return text.isEmpty() ? List.of() : List.of(text.split(" "));
  }

  static Stream<Change> changes() {
    return Stream.of(
        change("--sparsity", "", "0.5", "0.6"),
        change("--sparsity", "", "0.5", "0.50001"),
        change("--sparsity", "", "0.5", "2:4"),
        change("--bits", "", "3", "4"),
        change("--bits", "--sparsity=0.5", "", "4"),
        change("--type", "", "NVFP4", "MXFP4"),
        change("--group-size", "--bits=4", "", "64"),
        change("--group-size", "--target-bits=5", "64", "32"),
        change("--group-size", "--sparsity=0.5 --recipe=bits.yaml", "64", "32"),
        change("--symmetric", "--bits=4", "", "true"),
        change("--symmetric", "--sparsity=0.5 --recipe=bits.yaml", "", "true"),
        change("--format", "--bits=4", "gptq", "gptq-v2"),
        change("--format", "--bits=4", "dense,gptq", "gptq,dense"),
        change("--gguf-type", "--format=gguf", "Q4_0", "Q8_0"),
        change("--gguf-type", "--format=gguf --sparsity=0.5", "F16", "BF16"),
        change("--gguf-type", "--format=gguf --sparsity=0.5", "", "F16"),
        change("--gguf-type", "--format=gguf", "Q4_K_S", "Q4_K_M"),
        change("--gguf-fallback", "--format=gguf", "", "error"),
        change("--gguf-embedding", "--format=gguf", "", "F32"),
        change("--gguf-fast", "--format=gguf --target-bits=6", "", "true"),
        change("--target-size", "", "100kB", "101kB"),
        change("--target-bits", "", "5", "5.5"),
        change("--target-sparsity", "", "0.5", "0.6"),
        change("--allocate", "--target-bits=5", "", "uniform"),
        change("--recipe", "--sparsity=0.5", "", "bits.yaml"),
        change("--recipe", "--sparsity=0.5", "bits.yaml", "others.yaml"),
        change("--lm-head", "--sparsity=0.5", "", "true"),
        change("--fused", "--sparsity=0.5", "", "true"),
        change("--prune-width", "", "0.2", "0.3"),
        change("--target-parameters", "", "5k", "6k"),
        change("--speedup", "", "1.1", "1.2"),
        change("--prune-neurons", "", "0.2", "0.3"),
        change("--prune-groups", "--prune-neurons=0.2", "", "0.5"),
        change("--prune-blocks", "--prune-neurons=0.2", "", "1"),
        change("--prune-attention", "--format=gguf --prune-neurons=0.5", "", "1"),
        change("--prune-experts", "", "0.2", "2"),
        change("--prune-experts-by", "--prune-experts=2", "", "tokens"),
        change("--prune-by", "--prune-neurons=0.2", "", "magnitude"),
        change("--prune-by", "--prune-blocks=1", "", "magnitude"),
        change("--prune-blocks-by", "--prune-blocks=1", "", "cosine"),
        change("--prune-share", "--format=gguf --prune-neurons=0.5", "", "blocks"),
        change("--prune-multiple", "--prune-neurons=0.2", "", "4"),
        change("--solver", "--sparsity=0.5", "", "wanda"),
        change("--effort", "--sparsity=0.5", "", "high"),
        change("--iterations", "--sparsity=0.5 --solver=pgd", "", "7"),
        change("--step", "--sparsity=0.5 --solver=pgd", "", "1"),
        change("--tolerance", "--sparsity=0.5 --solver=pgd", "", "1e-3"),
        change("--ramp", "--sparsity=0.5 --solver=pgd", "", "3"),
        change("--start", "--sparsity=0.5 --solver=pgd", "", "dense"),
        change("--calibration", "--sparsity=0.5", "", "more.txt"),
        change("--sequences", "--sparsity=0.5", "8", "9"),
        change("--sequence-length", "--sparsity=0.5", "32", "33"),
        change("--seed", "--sparsity=0.5", "", "1"),
        change("--max-shard-size", "--sparsity=0.5", "", "1MB"),
        change("--evaluate", "--sparsity=0.5", "", "more.txt"),
        change("--windows", "--sparsity=0.5", "", "papers"),
        change("--text-field", "--sparsity=0.5", "", "body"),
        change("--evaluate-length", "--sparsity=0.5 --evaluate=more.txt", "", "16"),
        change("--statistics", "--sparsity=0.5 --propagate=dense", "", "moments"),
        change("--propagate", "--sparsity=0.5 --target=dense", "", "dense"),
        change("--target", "--sparsity=0.5", "", "dense"),
        change("--target-share", "--sparsity=0.5", "", "0.5"),
        change("--ridge", "--sparsity=0.5", "", "0"),
        change("--tune", "--sparsity=0.5", "", "10"),
        change("--requantize", "--sparsity=0.5", "", "true"),
        change("--precision", "--sparsity=0.5", "", "f32"),
        change("--threads", "--sparsity=0.5", "2", "3"));
  }

  @TempDir private Path folder;

  @BeforeEach
  void generate() throws IOException {
    new GeneratedCheckpoint(1, 16, 24, 2, 1, DType.BF16).write(folder.resolve("model"));
    Files.writeString(folder.resolve("text.txt"), "A text of some words, again. ".repeat(720));
    Files.writeString(folder.resolve("more.txt"), "Other words, once more. ".repeat(720));
    Path moments = Files.createDirectory(folder.resolve("moments"));
    Files.writeString(MomentsManifest.in(moments), "what their checksum is taken of");
    Files.writeString(
        folder.resolve("bits.yaml"), "layers:\n  - match: '*.down_proj'\n    bits: 4\n");
    Files.writeString(
        folder.resolve("others.yaml"), "layers:\n  - match: '*.down_proj'\n    bits: 8\n");
  }

  @Test
  void everyOptionIsPartOfTheIdentityOrCannotChangeAByte() {
    Set<String> judged = new TreeSet<>(HARMLESS.keySet());
    changes().forEach(change -> judged.add(change.option()));
    Set<String> present = new TreeSet<>();
    new CommandLine(new CompressCommand())
        .getCommandSpec().options().stream().map(OptionSpec::longestName).forEach(present::add);
    assertEquals(present, judged, "a new option belongs into changes(), or into HARMLESS");
    assertTrue(changes().noneMatch(change -> HARMLESS.containsKey(change.option())));
  }

  @ParameterizedTest
  @MethodSource("changes")
  void anotherValueIsAnotherRun(Change change) throws IOException {
    RunIdentity one = identity(change.common(), change.one());
    assertEquals(one, identity(change.common(), change.one()));
    assertNotEquals(one, identity(change.common(), change.other()));
  }

  @Test
  void theMemoryLimitIsNotPartOfTheIdentity() throws IOException {
    assertEquals(
        identity(List.of("--sparsity=0.5"), List.of()),
        identity(List.of("--sparsity=0.5"), List.of("--memory-limit=1GB")));
  }

  private RunIdentity identity(List<String> common, List<String> more) throws IOException {
    List<String> arguments =
        new ArrayList<>(List.of(folder + "/model", folder + "/out", "--calibration=text.txt"));
    arguments.addAll(common);
    arguments.addAll(more);
    CompressCommand command = new CompressCommand();
    new CommandLine(command)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .parseArgs(arguments.stream().map(this::resolved).toArray(String[]::new));
    return identity(command.options(), command);
  }

  private String resolved(String argument) {
    return argument.replaceFirst("=(moments|[a-z]+[.](txt|yaml))$", "=" + folder + "/$1");
  }

  private static RunIdentity identity(CompressionOptions options, CompressCommand command) {
    try (Checkpoint checkpoint = Checkpoints.open(options.model());
        Tokenizer tokenizer = Tokenizers.open(options.model());
        Compute compute = command.compute()) {
      CompressionOptions.Calibration wanted = options.calibration();
      CalibrationSet calibration =
          CalibrationSet.load(
              Texts.of(wanted.files(), options.texts(), options.model(), tokenizer, Progress.NONE),
              wanted.sequences(),
              RunChecks.windowLength(wanted, checkpoint.config()),
              wanted.seed());
      ModelPlan plan =
          new ModelPlan(
              checkpoint, ModelLayout.of(checkpoint.config()), List.of(), options.maxShardBytes());
      return RunIdentity.of(
          checkpoint,
          options,
          RunDescription.options(options, plan, calibration),
          new WeightScan(checkpoint, compute).sums(Set.of()),
          "test",
          compute);
    }
  }
}
