// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.memory;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.awp.AwpException;
import dev.awp.blas.mixed.MixedPrecision;
import dev.awp.checkpoint.Checkpoint;
import dev.awp.checkpoint.registry.Checkpoints;
import dev.awp.compress.CompressionListener;
import dev.awp.compress.CompressionOptions;
import dev.awp.compress.CompressionOptions.Calibration;
import dev.awp.compress.ConstraintOptions;
import dev.awp.compress.Propagation;
import dev.awp.compress.plan.LayerPlanner;
import dev.awp.compress.plan.Schemes;
import dev.awp.compress.walk.Compressor;
import dev.awp.compute.Compute;
import dev.awp.compute.KernelProvider;
import dev.awp.config.json.ModelConfigReader;
import dev.awp.constraint.RowSparsity;
import dev.awp.fixture.ForkedJvm;
import dev.awp.fixture.GeneratedArchitectures;
import dev.awp.fixture.GeneratedCheckpoint;
import dev.awp.fixture.SyntheticWeights;
import dev.awp.model.InputSite;
import dev.awp.model.ModelLayout;
import dev.awp.model.Step;
import dev.awp.parallel.Workers;
import dev.awp.solver.registry.SolverOptions;
import dev.awp.tensor.DType;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.management.ObjectName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class MemoryPlanTest {
  private static final int LENGTH = 64;
  private static final int SEQUENCES = 8;

  /** What the product in Java packs its operands into on two threads: the runtime's, not ours. */
  private static final long PACKED = 2 * 256 * (240 + 704) * Float.BYTES;

  /** What the JDK keeps for a thread that reads or writes files; part of the plan's runtime. */
  private static final long FILE_BUFFERS = 256 << 10;

  private static final Pattern OTHER =
      Pattern.compile(
          "-\\s+Other \\(reserved=[0-9]+, committed=[0-9]+\\)\\s+"
              + "\\(malloc=([0-9]+)[^)]*\\) \\((?:at peak|peak=([0-9]+)[^)]*)\\)");

  @TempDir private Path folder;

  private CompressionOptions options(
      Path model, Path output, ConstraintOptions constraint, String solver, OptionalLong limit)
      throws IOException {
    return options(model, output, constraint, solver, Propagation.COMPRESSED, limit);
  }

  private CompressionOptions options(
      Path model,
      Path output,
      ConstraintOptions constraint,
      String solver,
      Propagation propagation,
      OptionalLong limit)
      throws IOException {
    Path text = Files.writeString(folder.resolve("t.txt"), "Words, and more words. ".repeat(200));
    CompressionOptions.Builder options =
        CompressionOptions.builder(model, output)
            .constraint(constraint)
            .solver(SolverOptions.of(solver))
            .calibration(new Calibration(List.of(text), SEQUENCES, OptionalInt.of(LENGTH), 0))
            .propagation(propagation);
    limit.ifPresent(options::memoryLimit);
    return options.build();
  }

  private static ConstraintOptions constraint(String kind) {
    Optional<ConstraintOptions.Grid> grid = Optional.of(new ConstraintOptions.Grid(4, 128, false));
    return switch (kind) {
      case "prune" -> new ConstraintOptions(Optional.of(new RowSparsity(0.5)), Optional.empty());
      case "quantize" -> new ConstraintOptions(Optional.empty(), grid);
      default -> new ConstraintOptions(Optional.of(new RowSparsity(0.5)), grid);
    };
  }

  private static MemoryNeeds needs(CompressionOptions options, int threads) {
    ModelLayout layout =
        ModelLayout.of(ModelConfigReader.read(options.model().resolve("config.json")));
    return needs(options, layout, schemes(options, layout), threads);
  }

  private static MemoryNeeds needs(
      CompressionOptions options, ModelLayout layout, Schemes schemes, int threads) {
    try (Workers workers = new Workers(threads)) {
      return MemoryNeeds.of(
          options,
          layout,
          schemes,
          (long) SEQUENCES * LENGTH,
          LENGTH,
          false,
          workers,
          MixedPrecision.none(),
          false);
    }
  }

  private static Schemes schemes(CompressionOptions options, ModelLayout layout) {
    try (Checkpoint checkpoint = Checkpoints.open(options.model())) {
      return new LayerPlanner(options, checkpoint, layout).schemes();
    }
  }

  private Path model(int blocks, int hidden, int inner) throws IOException {
    Path model = folder.resolve("model");
    new GeneratedCheckpoint(blocks, hidden, inner, 4, 2, DType.F32).write(model);
    return model;
  }

  @Test
  void aLimitIsHonouredOrRefusedWithTheSmallestThatWouldDo() throws IOException {
    CompressionOptions options =
        options(
            mixture(256, 512),
            folder.resolve("out"),
            constraint("prune"),
            "auto",
            OptionalLong.empty());
    MemoryNeeds needs = needs(options, 2);
    MemoryPlan fast = MemoryPlan.of(needs, 0, OptionalLong.empty(), Long.MAX_VALUE);
    assertEquals(4, fast.passes().size());
    MemoryPlan same = MemoryPlan.of(needs, 0, OptionalLong.of(fast.bytes()), Long.MAX_VALUE);
    assertEquals(new MemoryPlan(fast.passes(), fast.bytes(), 0), same);
    assertEquals(Long.MAX_VALUE / 2 - fast.bytes(), fast.spare());
    MemoryPlan small = MemoryPlan.of(needs, 0, OptionalLong.of(fast.bytes() - 1), Long.MAX_VALUE);
    assertEquals(6, small.passes().size());
    assertTrue(small.bytes() < fast.bytes());
    assertEquals(
        new MemoryPlan(small.passes(), small.bytes(), 0),
        MemoryPlan.of(needs, 0, OptionalLong.of(small.bytes()), Long.MAX_VALUE));
    // Without a limit a small machine is an aim, not a refusal.
    MemoryPlan smallest = MemoryPlan.of(needs, 0, OptionalLong.empty(), 1);
    assertEquals(12, smallest.passes().size());
    assertEquals(0, smallest.spare());
    assertEquals(
        smallest, MemoryPlan.of(needs, 0, OptionalLong.of(smallest.bytes()), Long.MAX_VALUE));
    AwpException refusal =
        assertThrows(
            AwpException.class,
            () -> MemoryPlan.of(needs, 0, OptionalLong.of(99_000_001), Long.MAX_VALUE));
    long least = Math.ceilDiv(smallest.bytes(), 1_000_000);
    assertEquals(
        "--memory-limit 100MB: the smallest limit that will do for this model is " + least + "MB",
        refusal.getMessage());
    MemoryPlan.of(needs, 0, OptionalLong.of(least * 1_000_000), Long.MAX_VALUE);
    long evaluation = 10 * fast.bytes();
    assertTrue(
        MemoryPlan.of(needs, evaluation, OptionalLong.empty(), Long.MAX_VALUE).bytes()
            > evaluation);
  }

  /** Activations go through the MLPs too where attention alone is compressed. */
  @Test
  void stepsOfWhichNothingIsCompressedCount() throws IOException {
    Path model = model(2, 64, 4096);
    CompressionOptions options =
        options(model, folder.resolve("out"), constraint("prune"), "auto", OptionalLong.empty());
    ModelLayout layout = ModelLayout.of(ModelConfigReader.read(model.resolve("config.json")));
    Schemes all = schemes(options, layout);
    Schemes attention =
        Schemes.of(
            all.layers(),
            layer ->
                Optional.of(all.scheme(layer)).filter(_ -> layer.step().equals(Step.ATTENTION)));
    MemoryPlan plan =
        MemoryPlan.of(
            needs(options, layout, attention, 2), 0, OptionalLong.empty(), Long.MAX_VALUE);
    long weights = 3L * 64 * 4096 * Float.BYTES;
    long activations = 2L * SEQUENCES * LENGTH * 4096 * Float.BYTES;
    assertTrue(plan.offHeapBytes() >= weights + activations, plan.toString());
  }

  private Path mixture(int hidden, int inner) throws IOException {
    Path model = folder.resolve("mixture");
    ObjectNode config = GeneratedArchitectures.config("mixtral");
    config.put("hidden_size", hidden).put("intermediate_size", inner).put("num_hidden_layers", 1);
    config.put("head_dim", hidden / 4).put("max_position_embeddings", 128);
    SyntheticWeights.write(model, config.toString(), DType.F32, Long.MAX_VALUE);
    return model;
  }

  @Test
  void expertsGoByInSmallerAndSmallerGroups() throws IOException {
    Path model = mixture(64, 96);
    ModelLayout layout = ModelLayout.of(ModelConfigReader.read(model.resolve("config.json")));
    List<List<Set<InputSite>>> choices = CalibrationPasses.choices(layout.sites(), false);
    // Two sites of attention, and two of each of five experts, in groups of 5, 3, 2 and 1.
    assertEquals(List.of(4, 6, 8, 12), choices.stream().map(List::size).toList());
    for (List<Set<InputSite>> passes : choices) {
      List<InputSite> gone = new ArrayList<>();
      for (Set<InputSite> pass : passes) {
        pass.forEach(site -> assertFalse(site.next().filter(gone::contains).isPresent()));
        pass.forEach(site -> assertFalse(site.next().filter(pass::contains).isPresent()));
        gone.addAll(pass);
      }
      assertEquals(layout.sites(), new TreeSet<>(gone));
    }
    // Where nothing depends on what was solved, one pass for each of the two steps.
    assertEquals(
        List.of(2, 4, 6, 8, 12),
        CalibrationPasses.choices(layout.sites(), true).stream().map(List::size).toList());
  }

  @ParameterizedTest
  @EnumSource(Propagation.class)
  void morePassesWriteTheSameBytes(Propagation propagation) throws IOException {
    Path model = mixture(64, 96);
    List<byte[]> written = new ArrayList<>();
    for (boolean limited : new boolean[] {false, true}) {
      Path output = folder.resolve("out-" + limited);
      CompressionOptions free =
          options(model, output, constraint("prune"), "auto", propagation, OptionalLong.empty());
      MemoryPlan plan =
          MemoryPlan.of(needs(free, 2), 0, OptionalLong.empty(), limited ? 1 : Long.MAX_VALUE);
      int fewest = propagation == Propagation.DENSE ? 2 : 4;
      assertEquals(limited ? 12 : fewest, plan.passes().size());
      OptionalLong limit = limited ? OptionalLong.of(plan.bytes()) : OptionalLong.empty();
      try (Compute compute = Compute.create(2)) {
        Compressor.run(
            options(model, output, constraint("prune"), "auto", propagation, limit),
            "test",
            compute,
            new CompressionListener() {});
      }
      written.add(Files.readAllBytes(output.resolve("model.safetensors")));
    }
    assertArrayEquals(written.get(0), written.get(1));
  }

  /** A run whose peak is measured. */
  private record Measured(String name, MemoryPlan plan, boolean exact, String arguments) {}

  /**
   * The JVM counts what arenas take: the peak of a run is what its plan foretells, and not much
   * less. The runs share a JVM, for most of their time would be its start and compilation; the one
   * that is planned to need least begins, so that each peak is above those before it.
   */
  @Test
  @Tag("demo")
  void thePeakIsWhatThePlanSays() throws Exception {
    Path dense = model(1, 256, 704);
    Path mixture = mixture(256, 256);
    List<Measured> runs = new ArrayList<>();
    // A sequence of methods has a general bound, and is not held to half of it.
    runs.add(measured(dense, "prune", "auto", Long.MAX_VALUE, true));
    runs.add(measured(dense, "quantize", "auto", Long.MAX_VALUE, true));
    runs.add(measured(dense, "prune", "pgd", Long.MAX_VALUE, true));
    runs.add(measured(dense, "joint", "alps-gptq", Long.MAX_VALUE, false));
    runs.add(measured(mixture, "prune", "auto", Long.MAX_VALUE, true));
    runs.add(measured(mixture, "prune", "auto", 1, true));
    runs.sort(Comparator.comparingLong(run -> run.plan().offHeapBytes()));
    List<Long> peaks = peaks(runs);
    assertEquals(runs.size(), peaks.size());
    for (int i = 0; i < runs.size(); i++) {
      MemoryPlan plan = runs.get(i).plan();
      String what =
          runs.get(i).name() + ": " + peaks.get(i) + " bytes, planned: " + plan.offHeapBytes();
      assertTrue(peaks.get(i) <= plan.offHeapBytes() + PACKED + FILE_BUFFERS, what);
      assertTrue(!runs.get(i).exact() || peaks.get(i) > plan.offHeapBytes() / 2, what);
    }
  }

  private Measured measured(Path model, String kind, String solver, long machine, boolean exact)
      throws IOException {
    Path output = folder.resolve("out-" + model.getFileName() + kind + solver + machine);
    CompressionOptions options =
        options(model, output, constraint(kind), solver, OptionalLong.empty());
    MemoryPlan plan = MemoryPlan.of(needs(options, 2), 0, OptionalLong.empty(), machine);
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "compress",
                model.toString(),
                output.toString(),
                "--solver=" + solver,
                "--calibration=" + folder.resolve("t.txt"),
                "--sequences=" + SEQUENCES,
                "--sequence-length=" + LENGTH,
                "--threads=2",
                "--quiet",
                "--memory-limit=" + plan.bytes()));
    if (!kind.equals("quantize")) {
      arguments.add("--sparsity=0.5");
    }
    if (!kind.equals("prune")) {
      arguments.add("--bits=4");
    }
    String name = model.getFileName() + ", " + kind + " by " + solver;
    return new Measured(name, plan, exact, String.join("\n", arguments));
  }

  /** Runs commands, and prints after each the most off-heap bytes that there have been so far. */
  static final class Probe {
    private Probe() {}

    public static void main(String[] commands) throws Exception {
      PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
      PrintWriter errors = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
      for (String command : commands) {
        int exitCode = dev.awp.cli.Main.execute(out, errors, command.split("\n"));
        if (exitCode != 0) {
          System.exit(exitCode);
        }
        String report =
            (String)
                ManagementFactory.getPlatformMBeanServer()
                    .invoke(
                        new ObjectName("com.sun.management:type=DiagnosticCommand"),
                        "vmNativeMemory",
                        new Object[] {new String[] {"summary", "scale=B"}},
                        new String[] {String[].class.getName()});
        // "Other" is what Unsafe allocates: the memory of arenas, and the JDK's own few buffers.
        Matcher other = OTHER.matcher(report);
        if (!other.find()) {
          throw new IllegalStateException(report);
        }
        out.println("peak " + (other.group(2) == null ? other.group(1) : other.group(2)));
      }
    }
  }

  private List<Long> peaks(List<Measured> runs) throws Exception {
    List<String> flags = new ArrayList<>();
    if (!KernelProvider.kernels().name().equals("scalar")) {
      flags.add("--add-modules=jdk.incubator.vector");
    }
    flags.addAll(
        List.of(
            ForkedJvm.ALL_COMPILERS,
            "-Xmx256m",
            "-XX:CompileCommandFile=" + Path.of("..", "scripts", "kernels.jit"),
            "-XX:NativeMemoryTracking=summary",
            "-Dawp.blas=" + System.getProperty("awp.blas", "java"),
            "-Dawp.cache=" + System.getProperty("awp.cache", folder.toString())));
    String[] commands = runs.stream().map(Measured::arguments).toArray(String[]::new);
    ForkedJvm.Result result = ForkedJvm.run(flags, Probe.class, commands);
    assertEquals(0, result.exitCode(), result.errors());
    return result.lines().stream()
        .filter(line -> line.startsWith("peak "))
        .map(line -> Long.valueOf(line.substring("peak ".length())))
        .toList();
  }
}
