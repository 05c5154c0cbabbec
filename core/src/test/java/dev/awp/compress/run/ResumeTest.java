// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.AwpException;
import dev.awp.compress.CompressionListener;
import dev.awp.compress.CompressionOptions;
import dev.awp.compress.CompressionOptions.Calibration;
import dev.awp.compress.ConstraintOptions;
import dev.awp.compress.Propagation;
import dev.awp.compress.Start;
import dev.awp.compress.Target;
import dev.awp.compress.walk.Compressor;
import dev.awp.compute.Compute;
import dev.awp.constraint.RowSparsity;
import dev.awp.eval.EvaluationOptions;
import dev.awp.fixture.GeneratedCheckpoint;
import dev.awp.fixture.OutputFolders;
import dev.awp.format.OutputFormat;
import dev.awp.format.gguf.GgufFormat;
import dev.awp.format.gguf.GgufOptions;
import dev.awp.format.registry.OutputFormats;
import dev.awp.gguf.block.BlockType;
import dev.awp.recipe.LayerSettings;
import dev.awp.recipe.Recipe;
import dev.awp.report.LayerReport;
import dev.awp.report.ReportFile;
import dev.awp.solver.registry.SolverOptions;
import dev.awp.tensor.DType;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A run that ends early and is gone on with, against one that nothing happened to. */
class ResumeTest {
  private static final int LAYERS = 21;

  @TempDir private Path folder;
  private Path model;
  private Path text;
  private Path out;
  private Path state;

  @BeforeEach
  void generate() throws IOException {
    model = folder.resolve("model");
    new GeneratedCheckpoint(3, 16, 24, 2, 1, DType.BF16).write(model);
    text =
        Files.writeString(folder.resolve("text.txt"), "A text of some words, again. ".repeat(99));
    out = folder.resolve("out");
    state = folder.resolve("out.partial");
  }

  /** Stops after some layers, and counts. */
  private static final class Stopper implements CompressionListener {
    private final int last;
    private int solved;
    private int restored;
    private final List<String> steps = new ArrayList<>();

    private Stopper(int last) {
      this.last = last;
    }

    @Override
    public void restored(int layers, long work) {
      restored = layers;
    }

    @Override
    public void step(String what) {
      steps.add(what);
    }

    @Override
    public void layerFinished(int block, LayerReport layer, long work) {
      solved++;
      if (solved == last && last < LAYERS) {
        throw new AwpException("stopped");
      }
    }
  }

  private CompressionOptions options(Path output, double ratio, Target target) {
    return builder(output, ratio).target(target).build();
  }

  private CompressionOptions.Builder builder(Path output, double ratio) {
    return CompressionOptions.builder(model, output)
        .constraint(
            new ConstraintOptions(
                Optional.of(new RowSparsity(ratio)),
                Optional.of(new ConstraintOptions.Grid(4, 8, false))))
        .solver(SolverOptions.of("pgd"))
        .calibration(new Calibration(List.of(text), 8, OptionalInt.of(32), 0))
        .maxShardBytes(20_000)
        .evaluation(new EvaluationOptions(List.of(text), OptionalInt.empty()));
  }

  private static void run(CompressionOptions options, Start start, int threads, Stopper stopper) {
    try (Compute compute = Compute.create(threads)) {
      Compressor.run(options, start, "test", compute, stopper);
    }
  }

  private Stopper run(int layers) {
    return run(layers, Start.CONTINUE);
  }

  /** The standard run, which ends after so many more layers. */
  private Stopper run(int layers, Start start) {
    Stopper stopper = new Stopper(layers);
    CompressionOptions options = options(out, 0.5, Target.PROPAGATED);
    if (layers < LAYERS) {
      String told = assertRefused(() -> run(options, start, 2, stopper));
      assertTrue(told.contains("stopped; "), told);
      assertFalse(Files.exists(out));
    } else {
      run(options, start, 2, stopper);
      assertFalse(Files.exists(state));
    }
    return stopper;
  }

  private static String assertRefused(Runnable run) {
    return assertThrows(AwpException.class, run::run).getMessage();
  }

  private void assertUndisturbed(Target target) throws IOException {
    Path expected = folder.resolve("expected");
    run(options(expected, 0.5, target), Start.CONTINUE, 1, new Stopper(LAYERS + 1));
    OutputFolders.assertSame(expected, out);
  }

  @Test
  void everyLayerCanBeTheLast() throws IOException {
    model = folder.resolve("two-blocks");
    new GeneratedCheckpoint(2, 16, 24, 2, 1, DType.BF16).write(model);
    for (Target target : Target.values()) {
      // One layer a run, on 1, 2 and 4 threads in turn: it ends inside of blocks, and between them.
      for (int i = 0; i < 14; i++) {
        Stopper stopper = new Stopper(1);
        int threads = 1 << (i % 3);
        String told =
            assertRefused(() -> run(options(out, 0.5, target), Start.CONTINUE, threads, stopper));
        assertEquals(i, stopper.restored);
        assertEquals(
            "stopped; %d of 14 layers are saved, and the same command goes on after them"
                .formatted(i + 1),
            told);
      }
      Stopper stopper = new Stopper(1);
      run(options(out, 0.5, target), Start.RESUME, 2, stopper);
      assertEquals(0, stopper.solved);
      assertUndisturbed(target);
      Files.move(out, folder.resolve("out-" + target));
      Files.move(folder.resolve("expected"), folder.resolve("expected-" + target));
    }
  }

  private List<Path> shards() throws IOException {
    return OutputFolders.names(state.resolve("checkpoint")).stream()
        .filter(name -> name.startsWith("model-") && name.endsWith(".safetensors"))
        .map(name -> state.resolve("checkpoint").resolve(name))
        .toList();
  }

  @Test
  void denseActivationsPassThroughToo() throws IOException {
    for (String name : List.of("out", "expected")) {
      CompressionOptions dense =
          builder(folder.resolve(name), 0.5).propagation(Propagation.DENSE).build();
      if (name.equals("out")) {
        assertRefused(() -> run(dense, Start.CONTINUE, 2, new Stopper(9)));
      }
      run(dense, Start.CONTINUE, 2, new Stopper(99));
    }
    OutputFolders.assertSame(folder.resolve("expected"), out);
  }

  @ParameterizedTest
  @ValueSource(strings = {"dense,compressed-tensors,gptq-v2,awq", "dense,gguf"})
  void everyFormatIsGoneOnWith(String names) throws IOException {
    model = folder.resolve("wide");
    new GeneratedCheckpoint(2, 64, 96, 2, 1, DType.BF16).write(model);
    List<OutputFormat> formats =
        Stream.of(names.split(",")).map(n -> OutputFormats.byName(n).orElseThrow()).toList();
    ConstraintOptions grid =
        new ConstraintOptions(
            Optional.empty(), Optional.of(new ConstraintOptions.Grid(4, 32, false)));
    ConstraintOptions half =
        new ConstraintOptions(Optional.of(new RowSparsity(0.5)), Optional.empty());
    for (String name : List.of("out", "expected")) {
      CompressionOptions options =
          builder(folder.resolve(name), 0.5)
              .formats(formats)
              .constraint(names.contains("gguf") ? half : grid)
              .solver(SolverOptions.of(SolverOptions.AUTO))
              .build();
      for (int layers : name.equals("out") ? new int[] {5, 4} : new int[0]) {
        assertRefused(() -> run(options, Start.CONTINUE, 2, new Stopper(layers)));
      }
      Stopper rest = new Stopper(99);
      run(options, Start.CONTINUE, 2, rest);
      assertEquals(name.equals("out") ? 9 : 0, rest.restored);
    }
    OutputFolders.assertSame(folder.resolve("expected"), out);
  }

  @Test
  void aGgufFileOfOtherTypesIsRefusedWithTheDifference() throws IOException {
    model = folder.resolve("wide");
    new GeneratedCheckpoint(2, 64, 96, 2, 1, DType.BF16).write(model);
    GgufOptions half = new GgufOptions(Optional.of(BlockType.F16), BlockType.F16);
    assertRefused(() -> run(gguf(half), Start.CONTINUE, 2, new Stopper(5)));
    GgufOptions brain = new GgufOptions(Optional.of(BlockType.BF16), BlockType.F16);
    String told = assertRefused(() -> run(gguf(brain), Start.CONTINUE, 2, new Stopper(99)));
    assertTrue(told.contains("(ggufType: 'F16' then, 'BF16' now)"), told);
    GgufOptions wide = new GgufOptions(Optional.of(BlockType.F16), BlockType.F32);
    told = assertRefused(() -> run(gguf(wide), Start.CONTINUE, 2, new Stopper(99)));
    assertTrue(told.contains("(ggufEmbedding: 'F16' then, 'F32' now)"), told);
    Stopper rest = new Stopper(99);
    run(gguf(half), Start.CONTINUE, 2, rest);
    assertEquals(5, rest.restored);
    Map<String, Object> options = ReportFile.read(out).options();
    assertEquals("F16", options.get("ggufType"));
    assertEquals("F16", options.get("ggufEmbedding"));
  }

  private CompressionOptions gguf(GgufOptions types) {
    CompressionOptions base = options(out, 0.5, Target.PROPAGATED);
    LayerSettings half =
        new ConstraintOptions(Optional.of(new RowSparsity(0.5)), Optional.empty()).toSettings();
    return CompressionOptions.builder(model, out)
        .formats(List.of(new GgufFormat(types)))
        .recipe(Recipe.uniform(half))
        .calibration(base.calibration())
        .build();
  }

  @Test
  void damagedLayersAreSolvedAgain() throws IOException {
    run(9);
    for (Path shard : shards()) {
      try (RandomAccessFile file = new RandomAccessFile(shard.toFile(), "rw")) {
        file.seek(file.length() / 2);
        int value = file.read();
        file.seek(file.length() / 2);
        file.write(value ^ 1);
      }
    }
    Stopper stopper = run(LAYERS);
    assertTrue(stopper.steps.stream().anyMatch(s -> s.contains("is damaged")), "" + stopper.steps);
    assertEquals(LAYERS, stopper.solved + stopper.restored);
    assertTrue(stopper.restored < 9);
    assertUndisturbed(Target.PROPAGATED);
  }

  @Test
  void missingAndCutFilesAreSolvedAgain() throws IOException {
    run(15);
    Files.delete(shards().getFirst());
    Files.write(shards().getLast(), new byte[99]);
    Files.writeString(state.resolve("checkpoint/stray.txt"), "not awp's");
    run(LAYERS);
    assertUndisturbed(Target.PROPAGATED);
  }

  @Test
  void tornJournalsAreBelievedUpToTheTear() throws IOException {
    run(9);
    Path journal = state.resolve("journal");
    byte[] whole = Files.readAllBytes(journal);
    Files.write(journal, java.util.Arrays.copyOf(whole, whole.length - 7));
    assertEquals(8, run(1).restored);
    Files.writeString(journal, "garbage", StandardOpenOption.APPEND);
    assertEquals(9, run(1).restored);
    List<String> lines = new ArrayList<>(Files.readAllLines(journal));
    java.util.Collections.swap(lines, 3, 4);
    Files.write(journal, lines);
    assertEquals(2, run(1).restored);
    Files.write(journal, new byte[0]);
    assertEquals(0, run(1).restored);
    run(LAYERS);
    assertUndisturbed(Target.PROPAGATED);
  }

  @Test
  void otherRunsAreRefusedWithTheDifference() throws IOException {
    run(4);
    String told =
        assertRefused(
            () ->
                run(options(out, 0.6, Target.PROPAGATED), Start.CONTINUE, 2, new Stopper(LAYERS)));
    assertTrue(told.contains("(sparsity: '50 % sparse' then, '60 % sparse' now)"), told);
    assertTrue(told.contains("--restart"), told);
    Files.writeString(text, "And more.", StandardOpenOption.APPEND);
    told =
        assertRefused(
            () -> run(options(out, 0.5, Target.PROPAGATED), Start.RESUME, 3, new Stopper(9)));
    assertTrue(told.contains("threads: '1, 2 or 4' then, '3' now"), told);
    assertTrue(told.contains("calibration text 1, text.txt: other content"), told);
    Path config = model.resolve("config.json");
    Files.writeString(config, " ", StandardOpenOption.APPEND);
    Files.writeString(model.resolve("NOTICE"), "new");
    told =
        assertRefused(
            () -> run(options(out, 0.5, Target.PROPAGATED), Start.RESUME, 2, new Stopper(9)));
    assertTrue(told.contains("config.json: other content"), told);
    assertTrue(told.contains("NOTICE: not there then"), told);
    assertEquals(0, run(3, Start.RESTART).restored);
    assertEquals(3, run(LAYERS).restored);
    assertUndisturbed(Target.PROPAGATED);
  }

  @Test
  void resumingNothingIsRefused() {
    assertTrue(
        assertRefused(() -> run(options(out, 0.5, Target.DENSE), Start.RESUME, 1, new Stopper(99)))
            .contains("there is no unfinished run to go on with"));
    assertFalse(Files.exists(state));
  }

  @Test
  void aRunThatEndedBetweenItsLastTwoStepsHasFinished() throws IOException {
    run(LAYERS);
    Files.createDirectory(state);
    Files.writeString(state.resolve("journal"), "");
    Stopper stopper = run(LAYERS);
    assertEquals(0, stopper.solved);
    assertTrue(stopper.steps.getFirst().contains("the run had finished"));
  }

  @Test
  void foldersOfOthersAreLeftAlone() throws IOException {
    Files.createDirectory(state);
    Path mine = Files.writeString(state.resolve("mine.txt"), "precious");
    for (Start start : Start.values()) {
      String told =
          assertRefused(() -> run(options(out, 0.5, Target.DENSE), start, 1, new Stopper(99)));
      assertTrue(told.contains("holds something other than an unfinished run"), told);
    }
    assertEquals("precious", Files.readString(mine));
    Files.delete(mine);
    Files.delete(state);
    Files.createSymbolicLink(state, Files.createDirectory(folder.resolve("elsewhere")));
    assertTrue(
        assertRefused(
                () -> run(options(out, 0.5, Target.DENSE), Start.CONTINUE, 1, new Stopper(99)))
            .contains("this is none"));
  }

  @Test
  void secondRunIsLockedOut() {
    CompressionListener intruder =
        new CompressionListener() {
          @Override
          public void layerFinished(int block, LayerReport layer, long work) {
            run(options(out, 0.5, Target.PROPAGATED), Start.RESTART, 1, new Stopper(99));
          }
        };
    try (Compute compute = Compute.create(1)) {
      String told =
          assertRefused(
              () ->
                  Compressor.run(options(out, 0.5, Target.PROPAGATED), "test", compute, intruder));
      assertTrue(
          told.contains(
              "another run is at work in this folder (process " + ProcessHandle.current().pid()),
          told);
    }
  }
}
