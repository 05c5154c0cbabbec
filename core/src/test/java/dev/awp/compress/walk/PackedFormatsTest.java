// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.walk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.awp.AwpException;
import dev.awp.Progress;
import dev.awp.checkpoint.Checkpoint;
import dev.awp.checkpoint.registry.Checkpoints;
import dev.awp.compress.CompressionListener;
import dev.awp.compress.CompressionOptions;
import dev.awp.compress.CompressionOptions.Calibration;
import dev.awp.compress.ConstraintOptions;
import dev.awp.compress.Target;
import dev.awp.compute.Compute;
import dev.awp.constraint.RowSparsity;
import dev.awp.constraint.Sparsity;
import dev.awp.constraint.Storage;
import dev.awp.eval.EvaluationOptions;
import dev.awp.eval.PerplexityResult;
import dev.awp.eval.TextEvaluation;
import dev.awp.fixture.GeneratedCheckpoint;
import dev.awp.format.OutputFormat;
import dev.awp.format.registry.CheckpointWeights;
import dev.awp.format.registry.OutputFormats;
import dev.awp.format.safetensors.GridFile;
import dev.awp.model.LinearLayer;
import dev.awp.model.ModelLayout;
import dev.awp.model.WeightSource;
import dev.awp.report.RunReport;
import dev.awp.safetensors.SafetensorsFile;
import dev.awp.solver.Effort;
import dev.awp.solver.Solver;
import dev.awp.solver.registry.SolverOptions;
import dev.awp.solver.registry.Solvers;
import dev.awp.stored.TensorReader;
import dev.awp.stored.TensorView;
import dev.awp.tensor.DType;
import dev.awp.tensor.Matrix;
import dev.awp.text.TextOptions;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whole runs into packed formats: all of the same codes, exact, and open to awp again. */
class PackedFormatsTest {
  private static final List<String> ALL =
      List.of("dense", "compressed-tensors", "gptq", "gptq-v2", "awq");

  @TempDir private Path folder;
  private Path text;

  @BeforeEach
  void writeText() throws IOException {
    text = Files.writeString(folder.resolve("t.txt"), "Words and more words. ".repeat(60));
  }

  private Path model(DType dtype) throws IOException {
    Path model = folder.resolve("model");
    if (!Files.exists(model)) {
      new GeneratedCheckpoint(2, 32, 64, 2, 2, dtype).write(model);
    }
    return model;
  }

  private static ConstraintOptions grid(int bits, int groupSize, boolean symmetric) {
    return new ConstraintOptions(
        Optional.empty(), Optional.of(new ConstraintOptions.Grid(bits, groupSize, symmetric)));
  }

  private CompressionOptions options(
      Path model, List<String> formats, ConstraintOptions constraint, String solver) {
    List<OutputFormat> all =
        formats.stream().map(name -> OutputFormats.byName(name).orElseThrow()).toList();
    return CompressionOptions.builder(model, folder.resolve("out-" + System.nanoTime()))
        .formats(all)
        .constraint(constraint)
        .solver(SolverOptions.of(solver))
        .calibration(new Calibration(List.of(text), 8, OptionalInt.of(64), 0))
        .target(Target.DENSE)
        .evaluation(new EvaluationOptions(List.of(text), OptionalInt.of(64)))
        .build();
  }

  private static RunReport run(CompressionOptions options) {
    try (Compute compute = Compute.create(2)) {
      return Compressor.run(options, "test", compute, new CompressionListener() {});
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"F32", "F16", "BF16"})
  void allFormatsHoldTheSameGrid(DType dtype) throws IOException {
    for (boolean symmetric : new boolean[] {true, false}) {
      CompressionOptions options = options(model(dtype), ALL, grid(4, 16, symmetric), "auto");
      RunReport report = run(options);
      assertEquals(ALL, report.options().get("formats"));
      assertEquals("dense/model.safetensors", report.layers().getFirst().file());
      checkFolders(options, ALL, dtype);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 8})
  void everyWidthIsExact(int bits) throws IOException {
    List<String> formats = List.of("compressed-tensors", "gptq", "gptq-v2", "dense");
    checkFolders(run(formats, grid(bits, 0, true)), formats, DType.BF16);
    checkFolders(run(formats, grid(bits, 32, false)), formats, DType.BF16);
    Optional<Sparsity> half = Optional.of(new RowSparsity(0.5));
    ConstraintOptions joint = new ConstraintOptions(half, grid(bits, 32, false).grid());
    checkFolders(run(formats, joint), formats, DType.BF16);
  }

  private CompressionOptions run(List<String> formats, ConstraintOptions constraint)
      throws IOException {
    CompressionOptions options = options(model(DType.BF16), formats, constraint, "auto");
    run(options);
    return options;
  }

  /** Every layer of every folder against the codes' values by the grid file. */
  private static void checkFolders(CompressionOptions options, List<String> formats, DType dtype) {
    try (Arena arena = Arena.ofShared();
        Compute compute = Compute.create(1)) {
      TensorReader reader = new TensorReader(compute.kernels());
      Map<String, TensorView> grids = new HashMap<>();
      Path dense = options.output().resolve("dense");
      SafetensorsFile.map(dense.resolve(GridFile.NAME), arena)
          .forEach(view -> grids.put(view.name(), view));
      Map<String, Map<String, Matrix>> folders = new HashMap<>();
      List<LinearLayer> linears = List.of();
      for (String format : formats) {
        try (Checkpoint checkpoint = Checkpoints.open(options.output().resolve(format))) {
          ModelLayout layout = ModelLayout.of(checkpoint.config());
          WeightSource source = CheckpointWeights.of(checkpoint, layout, compute.kernels());
          layout.check(source);
          linears = layout.linears();
          Map<String, Matrix> weights = new HashMap<>();
          for (LinearLayer linear : linears) {
            weights.put(
                linear.name(),
                reader.finiteMatrix(source.tensor(linear.weight()), arena, compute.workers()));
          }
          folders.put(format, weights);
        }
      }
      for (LinearLayer linear : linears) {
        Matrix scales = reader.matrix(grids.get(GridFile.scaleName(linear.name())), arena);
        Matrix exact = folders.get(formats.contains("awq") ? "awq" : "gptq").get(linear.name());
        int size = linear.columns() / scales.columns();
        for (String format : formats) {
          Matrix t = folders.get(format).get(linear.name());
          for (int r = 0; r < t.rows(); r++) {
            for (int j = 0; j < t.columns(); j++) {
              float value = exact.get(r, j);
              double steps = (double) value / scales.get(r, j / size);
              assertEquals(Math.rint(steps), steps, 0, linear.name());
              float expected = format.equals("dense") ? Storage.round(dtype, value) : value;
              assertEquals(expected, t.get(r, j), format);
            }
          }
        }
      }
    }
  }

  /** Packing refuses a value that its code does not stand for: no solver may make one. */
  @Test
  void everySolversGridIsPacked() throws IOException {
    ConstraintOptions four = grid(4, 32, false);
    ConstraintOptions joint = new ConstraintOptions(Optional.of(new RowSparsity(0.5)), four.grid());
    List<String> formats = List.of("gptq", "dense");
    int runs = 0;
    for (ConstraintOptions constraint : List.of(four, joint)) {
      for (Solver solver : Solvers.all(Effort.NORMAL)) {
        if (solver.supports(constraint.forStorage(DType.F32)) && !solver.usesChannelScales()) {
          CompressionOptions options =
              options(model(DType.BF16), formats, constraint, solver.name());
          run(options);
          checkFolders(options, formats, DType.BF16);
          runs++;
        }
      }
    }
    assertTrue(runs >= 10, runs + " solvers");
  }

  @Test
  void aFormatAloneIsTheOutputFolderAndEvaluates() throws IOException {
    for (String format : List.of("compressed-tensors", "gptq", "gptq-v2", "awq")) {
      CompressionOptions options =
          options(model(DType.BF16), List.of(format), grid(4, 32, true), "rtn");
      RunReport report = run(options);
      try (Compute compute = Compute.create(2)) {
        PerplexityResult again =
            new TextEvaluation(TextOptions.DEFAULT, OptionalInt.of(64), compute, Progress.NONE)
                .evaluate(options.output(), text);
        assertEquals(report.perplexity().getFirst().after(), again.perplexity().value(), format);
      }
      JsonNode config = config(options.output());
      String method = format.equals("gptq-v2") ? "gptq" : format;
      assertEquals(method, config.path("quantization_config").path("quant_method").asText());
      assertEquals(1e-5, config.path("rms_norm_eps").asDouble());
      JsonNode ignored = config.path("quantization_config").path("ignore");
      assertEquals(method.startsWith("compressed") ? "[\"lm_head\"]" : "", ignored.toString());
      assertEquals(
          method.equals("gptq"), Files.exists(options.output().resolve("quantize_config.json")));
      Path second = folder.resolve("second-" + format);
      CompressionOptions quantizedAgain =
          CompressionOptions.builder(options.output(), second)
              .recipe(options.recipe())
              .solver(options.solver())
              .calibration(options.calibration())
              .build();
      String message = assertThrows(AwpException.class, () -> run(quantizedAgain)).getMessage();
      assertTrue(message.contains("quantized already (" + method + ")"), message);
    }
  }

  private static JsonNode config(Path model) throws IOException {
    return new ObjectMapper().readTree(model.resolve("config.json").toFile());
  }

  @Test
  void aPrunedModelIsAnOrdinaryCheckpoint() throws IOException {
    ConstraintOptions half =
        new ConstraintOptions(Optional.of(new RowSparsity(0.5)), Optional.empty());
    CompressionOptions options =
        options(model(DType.F16), List.of("compressed-tensors"), half, "wanda");
    run(options);
    assertFalse(config(options.output()).has("quantization_config"));
    try (Checkpoint checkpoint = Checkpoints.open(options.output())) {
      ModelLayout.of(checkpoint.config()).check(checkpoint::tensor);
    }
  }

  @Test
  void brokenRulesAreToldAtOnceWithAllLayers() throws IOException {
    Path model = folder.resolve("model");
    new GeneratedCheckpoint(2, 20, 44, 2, 2, DType.F16).write(model);
    String message = refusal(options(model, ALL, grid(4, 32, true), "awq"));
    assertEquals(3 + 6 + 6 + 5, message.split("--format ").length - 1, message);
    for (String name : List.of("model.layers.0.self_attn.q_proj", "model.layers.1.mlp.down_proj")) {
      assertTrue(message.contains(name), message);
    }
    for (String rule :
        List.of(
            "20 columns are no multiple of the group size 32",
            "44 columns are no multiple of the group size 32",
            "the solver scales input channels",
            "20 rows and 44 columns, where readers take multiples of 32",
            "20 rows, where words hold the codes of 8")) {
      assertTrue(message.contains(rule), message);
    }
    assertTrue(
        refusal(options(model, List.of("awq"), grid(3, 0, true), "rtn"))
            .contains("3 bits, where the format has 4"));
    ConstraintOptions half =
        new ConstraintOptions(Optional.of(new RowSparsity(0.5)), Optional.empty());
    assertTrue(
        refusal(options(model, List.of("gptq"), half, "wanda")).contains("is on no grid (--bits)"));
  }

  private String refusal(CompressionOptions options) throws IOException {
    String message = assertThrows(AwpException.class, () -> run(options)).getMessage();
    assertFalse(Files.exists(options.output()));
    try (Stream<Path> files = Files.list(folder)) {
      assertEquals(2, files.count(), "nothing is left beside model and text");
    }
    return message;
  }
}
