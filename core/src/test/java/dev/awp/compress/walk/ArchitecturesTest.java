// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.walk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.checkpoint.safetensors.SafetensorsCheckpoint;
import dev.awp.compute.KernelProvider;
import dev.awp.fixture.GeneratedArchitectures;
import dev.awp.fixture.Terminal;
import dev.awp.model.InputSite;
import dev.awp.model.LinearLayer;
import dev.awp.model.ModelLayout;
import dev.awp.report.ComparisonReport;
import dev.awp.report.LayerReport;
import dev.awp.report.PerplexityReport;
import dev.awp.report.ReportFile;
import dev.awp.report.RunReport;
import dev.awp.report.page.ComparisonFiles;
import dev.awp.stored.StoredTensor;
import dev.awp.stored.TensorReader;
import dev.awp.tensor.DType;
import dev.awp.tensor.Matrix;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every architecture from its checkpoint to a compressed one that loads. */
class ArchitecturesTest {
  /** One of each kind of sublayer: what is quantized is a layer, whatever its model. */
  private static final Set<String> QUANTIZED =
      Set.of("phi3", "gemma3", "gemma4-shared", "mixtral", "gpt-oss", "deepseek-v3", "llama4");

  @TempDir private Path folder;

  private RunReport compress(Path model, Path output, String... more) throws IOException {
    return compress(64, model, output, more);
  }

  private RunReport compress(int length, Path model, Path output, String... more)
      throws IOException {
    List<String> arguments =
        new ArrayList<>(List.of("compress", model.toString(), output.toString()));
    arguments.addAll(List.of("--sequences=8", "--sequence-length=" + length));
    arguments.addAll(List.of(more));
    run(arguments);
    return ReportFile.readJson(output.resolve("report.json"), RunReport.class);
  }

  private void run(List<String> arguments) throws IOException {
    String sentence = "Many words of 7 kinds, and more of them; again? No: (others). ";
    Path text = Files.writeString(folder.resolve("text.txt"), sentence.repeat(30));
    List<String> all = new ArrayList<>(arguments);
    all.addAll(List.of("--calibration=" + text, "--evaluate=" + text, "--quiet", "--threads=2"));
    new Terminal().run(all).assertExit(0);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "phi3",
        "phi3-longrope-long",
        "granite",
        "olmo2",
        "olmo3",
        "ministral3",
        "cohere2",
        "glm4",
        "exaone4-windows",
        "gemma2",
        "gemma3",
        "gemma4",
        "gemma4-moe",
        "gemma4-shared",
        "mixtral",
        "granite-moe",
        "granite-hybrid",
        "granite-hybrid-dense",
        "falcon-h1",
        "qwen3-next-listed",
        "nemotron-h-experts",
        "qwen3.5",
        "qwen3.5-moe",
        "gpt-oss",
        "deepseek-v2-groups",
        "deepseek-v3",
        "llama4",
        "qwen2-moe",
        "qwen3-moe"
      })
  void prunedAndQuantizedCheckpointsLoad(String name) throws IOException {
    Path model = folder.resolve("model");
    GeneratedArchitectures.write(model, name, DType.BF16);
    Path pruned = folder.resolve("pruned");
    check(model, pruned, compress(model, pruned, "--sparsity=0.5"), 0.2, true);
    if (!QUANTIZED.contains(name)) {
      return;
    }
    Path quantized = folder.resolve("quantized");
    String[] grid = {"--bits=4", "--group-size=8"};
    check(model, quantized, compress(model, quantized, grid), 0.02, false);
  }

  private static void check(
      Path model, Path output, RunReport report, double largestError, boolean sparse) {
    try (SafetensorsCheckpoint before = SafetensorsCheckpoint.open(model);
        SafetensorsCheckpoint after = SafetensorsCheckpoint.open(output);
        Arena arena = Arena.ofShared()) {
      ModelLayout layout = ModelLayout.of(after.config());
      layout.check(after::tensor);
      Map<String, LayerReport> reports =
          report.layers().stream()
              .collect(Collectors.toMap(LayerReport::name, Function.identity()));
      assertEquals(layout.linears().size(), reports.size());
      Map<String, LinearLayer> linears =
          layout.linears().stream()
              .collect(Collectors.toMap(LinearLayer::weight, Function.identity()));
      TensorReader reader = new TensorReader(KernelProvider.kernels());
      for (StoredTensor tensor : before.tensors()) {
        StoredTensor written = after.tensor(tensor.name());
        assertEquals(tensor.type(), written.type(), tensor.name());
        Matrix own = matrix(reader, tensor, arena);
        boolean same = own.segment().mismatch(matrix(reader, written, arena).segment()) == -1;
        LinearLayer linear = linears.get(tensor.name());
        assertEquals(linear == null, same, tensor.name());
        if (linear != null) {
          LayerReport layer = reports.get(linear.name());
          assertTrue(
              layer.relativeError() > 0 && layer.relativeError() < largestError,
              layer.name() + " has relative error " + layer.relativeError());
          if (sparse) {
            assertHalfOfEveryRowIsZero(layer.name(), reader.matrix(written, arena));
          }
        }
      }
    }
    for (PerplexityReport perplexity : report.perplexity()) {
      assertTrue(Double.isFinite(perplexity.before()) && Double.isFinite(perplexity.after()));
      assertTrue(perplexity.before() != perplexity.after());
    }
  }

  /** Also of what has more than two dimensions, the last ones together. */
  private static Matrix matrix(TensorReader reader, StoredTensor tensor, Arena arena) {
    if (tensor.shape().size() < 3) {
      return reader.matrix(tensor, arena);
    }
    long rows = tensor.shape().getFirst();
    long all = tensor.shape().stream().reduce(1L, Math::multiplyExact);
    Matrix matrix = Matrix.allocate(arena, Math.toIntExact(rows), Math.toIntExact(all / rows));
    reader.decodeRows(tensor, 0, matrix);
    return matrix;
  }

  private static void assertHalfOfEveryRowIsZero(String name, Matrix t) {
    for (int r = 0; r < t.rows(); r++) {
      int zeros = 0;
      for (int c = 0; c < t.columns(); c++) {
        zeros += t.get(r, c) == 0 ? 1 : 0;
      }
      assertTrue(zeros >= t.columns() / 2, name + ", row " + r + " has zeros: " + zeros);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"mixtral", "qwen2-moe"})
  void expertsWithTooFewTokensAreCalibratedOnAll(String name) throws IOException {
    Path model = folder.resolve("model");
    GeneratedArchitectures.write(model, name, DType.F32);
    int tokens = 8 * 10;
    RunReport report = compress(10, model, folder.resolve("out"), "--sparsity=0.5");
    try (SafetensorsCheckpoint checkpoint = SafetensorsCheckpoint.open(model)) {
      ModelLayout layout = ModelLayout.of(checkpoint.config());
      int perToken = checkpoint.config().experts().orElseThrow().perToken();
      Map<InputSite, Long> ofBlock = new HashMap<>();
      int starved = 0;
      for (int i = 0; i < layout.linears().size(); i++) {
        LinearLayer linear = layout.linears().get(i);
        LayerReport layer = report.layers().get(i);
        assertEquals(linear.name(), layer.name());
        LayerReport.Inputs inputs = layer.inputs();
        if (!linear.site().ofExpert() || inputs.everyToken()) {
          assertEquals(tokens, inputs.tokens(), layer.name());
          starved += inputs.everyToken() ? 1 : 0;
        } else {
          assertTrue(inputs.tokens() >= linear.columns(), layer.name() + ": " + inputs);
          if (linear.block() == 0) {
            ofBlock.put(linear.site(), inputs.tokens());
          }
        }
        if (linear.block() > 0) {
          assertEquals(linear.site().ofExpert(), layer.targetDrift() == 0, layer.name());
        }
      }
      assertTrue(starved > 0, "no expert had too few tokens");
      long routed =
          ofBlock.entrySet().stream()
              .filter(entry -> entry.getKey().part().equals(InputSite.Part.EXPERT_INPUT))
              .mapToLong(Map.Entry::getValue)
              .sum();
      assertTrue(routed <= (long) tokens * perToken, "tokens routed in the first block: " + routed);
    }
  }

  @Test
  void comparisonsCountTheTokensOfExperts() throws IOException {
    Path model = folder.resolve("model");
    GeneratedArchitectures.write(model, "qwen3-moe", DType.BF16);
    Path output = folder.resolve("comparison");
    run(
        List.of(
            "compare",
            model.toString(),
            "--output=" + output,
            "--sequences=8",
            "--sequence-length=32",
            "--sparsity=0.5",
            "--methods=wanda"));
    ComparisonReport report =
        ReportFile.readJson(output.resolve(ComparisonFiles.JSON), ComparisonReport.class);
    for (LayerReport layer : report.cells().getFirst().layers()) {
      boolean ofExpert = layer.name().contains(".experts.");
      boolean all = !ofExpert || layer.inputs().everyToken();
      assertTrue(
          all ? layer.inputs().tokens() == 256 : layer.inputs().tokens() < 256, layer.name());
    }
  }
}
