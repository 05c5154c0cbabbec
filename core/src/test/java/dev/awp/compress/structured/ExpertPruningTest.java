// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.structured;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.awp.AwpException;
import dev.awp.calibration.ActivationStore;
import dev.awp.checkpoint.Checkpoint;
import dev.awp.checkpoint.registry.Checkpoints;
import dev.awp.compress.CompressionOptions;
import dev.awp.compress.CompressionOptions.Calibration;
import dev.awp.compress.StructureOptions;
import dev.awp.compress.StructureOptions.Experts;
import dev.awp.compute.Compute;
import dev.awp.compute.KernelProvider;
import dev.awp.config.ExpertConfig;
import dev.awp.fixture.GeneratedArchitectures;
import dev.awp.fixture.GeneratedCheckpoint;
import dev.awp.fixture.GgufModels;
import dev.awp.fixture.OutputFolders;
import dev.awp.fixture.Terminal;
import dev.awp.model.BlockStep;
import dev.awp.model.MixtureStep;
import dev.awp.model.ModelLayout;
import dev.awp.model.forward.TransformerModel;
import dev.awp.report.ReportFile;
import dev.awp.report.StructureReport;
import dev.awp.report.StructureReport.Part;
import dev.awp.stored.TensorReader;
import dev.awp.tensor.DType;
import dev.awp.tensor.Matrix;
import dev.awp.text.TokenWeights;
import dev.awp.text.TokenWindow;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Mixtures from which experts were removed, from the command to the folder. */
class ExpertPruningTest extends PruningCommand {
  private static final Pattern EXPERT = Pattern.compile("(.*\\.experts\\.)(\\d+)(\\..*)");

  /** Of tokens some of which count more, or not at all. */
  private static final List<TokenWindow> WEIGHTED =
      List.of(
          TokenWindow.of(3, 17, 5, 40, 8, 21),
          new TokenWindow(
              new int[] {9, 30, 2, 11, 44, 6}, TokenWeights.of(1, 0, 2, 1, 0, 0.5f), new int[0]));

  private StructureReport pruned(Path output, String... more) {
    compress(output, more).assertExit(0);
    return ReportFile.read(output).structure().getFirst();
  }

  private static List<Integer> largest(List<Double> scores, int count) {
    return IntStream.range(0, scores.size())
        .boxed()
        .sorted(Comparator.<Integer>comparingDouble(scores::get).reversed())
        .limit(count)
        .sorted()
        .toList();
  }

  @ParameterizedTest
  @ValueSource(strings = {"mixtral", "qwen2-moe", "granite-moe", "gpt-oss"})
  void removingNothingGivesTheSameBytes(String name) throws IOException {
    GeneratedArchitectures.write(model, name, DType.BF16);
    assertEquals(0, pruned(out, "--prune-experts=0").share());
    for (String file : List.of("config.json", "model.safetensors")) {
      assertArrayEquals(
          Files.readAllBytes(model.resolve(file)), Files.readAllBytes(out.resolve(file)), file);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "mixtral",
        "qwen2-moe",
        "qwen3-moe",
        "granite-moe",
        "gpt-oss",
        "qwen3-next",
        "granite-hybrid",
        "deepseek-v2",
        "deepseek-v3-plain"
      })
  void whatIsWrittenIsTheExpertsWithTheLargestScores(String name) throws IOException {
    GeneratedArchitectures.write(model, name, DType.BF16);
    StructureReport report = pruned(out, "--prune-experts=2", "--prune-experts-by=reap");
    int kept = report.before().experts() - 2;
    assertEquals(kept, report.kept().experts());
    try (Checkpoint before = Checkpoints.open(model);
        Checkpoint after = Checkpoints.open(out)) {
      ModelLayout layout = ModelLayout.of(after.config());
      layout.check(after::tensor);
      ExpertConfig was = before.config().experts().orElseThrow();
      assertEquals(was.withCount(kept), after.config().experts().orElseThrow());
      assertEquals(
          before.config().blocks().stream().filter(b -> b.experts().isPresent()).count(),
          report.parts().size());
      for (Part part : report.parts()) {
        assertEquals(largest(part.scores(), kept), part.kept());
        assertTrue(part.scores().stream().anyMatch(score -> score > 0), part.toString());
      }
      layout.shapes().entrySet().stream()
          .filter(tensor -> tensor.getValue().size() < 3)
          .forEach(tensor -> assertIsPart(before, after, tensor.getKey(), report));
    }
    assertTrue(Double.isFinite(perplexity(out)));
    new Terminal()
        .run("generate", out.toString(), "--prompt=Many", "--tokens=4", "--temperature=0")
        .assertExit(0);
  }

  /** Every value is that of the same expert, of the same row of the router, or of the same name. */
  private static void assertIsPart(
      Checkpoint before, Checkpoint after, String tensor, StructureReport report) {
    List<Integer> kept =
        report.parts().stream()
            .filter(part -> tensor.startsWith("model.layers." + part.block() + "."))
            .findFirst()
            .map(Part::kept)
            .orElse(List.of());
    Matcher expert = EXPERT.matcher(tensor);
    String source =
        expert.matches()
            ? expert.group(1) + kept.get(Integer.parseInt(expert.group(2))) + expert.group(3)
            : tensor;
    TensorReader reader = new TensorReader(KernelProvider.kernels());
    try (Arena arena = Arena.ofShared()) {
      Matrix was = reader.matrix(before.tensor(source), arena);
      Matrix is = reader.matrix(after.tensor(tensor), arena);
      boolean rows = is.rows() < was.rows();
      boolean columns = is.columns() < was.columns();
      for (int r = 0; r < is.rows(); r++) {
        for (int c = 0; c < is.columns(); c++) {
          double expected = was.get(rows ? kept.get(r) : r, columns ? kept.get(c) : c);
          assertEquals(expected, is.get(r, c), tensor);
        }
      }
    }
  }

  /** By the formula, in float64, of embeddings in the place of hidden states. */
  @ParameterizedTest
  @ValueSource(strings = {"mixtral", "qwen2-moe"})
  void saliencyIsTheMeanOfShareTimesNorm(String name) throws IOException {
    GeneratedArchitectures.write(model, name, DType.F32);
    try (Checkpoint checkpoint = Checkpoints.open(model);
        Compute compute = Compute.create(2)) {
      ModelLayout layout = ModelLayout.of(checkpoint.config());
      TransformerModel whole = new TransformerModel(layout, checkpoint::tensor, compute);
      try (ActivationStore states = ActivationStore.embed(whole, WEIGHTED, folder)) {
        double[] scores = new ExpertSaliency().scores(whole, 0, states);
        double[] routed = new ExpertTokens().scores(whole, 0, states);
        double[][] expected = byHand(checkpoint, states);
        for (int e = 0; e < scores.length; e++) {
          assertEquals(expected[0][e], scores[e], 1e-5 * expected[0][e]);
        }
        assertArrayEquals(expected[1], routed);
      }
    }
  }

  /** Means of share times norm, and numbers of tokens. */
  private static double[][] byHand(Checkpoint checkpoint, ActivationStore states) {
    ExpertConfig experts = checkpoint.config().block(0).experts().orElseThrow();
    boolean mixtral = checkpoint.config().architecture().name().startsWith("Mixtral");
    String prefix = "model.layers.0." + (mixtral ? "block_sparse_moe." : "mlp.");
    List<String> names =
        mixtral ? List.of("w1", "w3", "w2") : List.of("gate_proj", "up_proj", "down_proj");
    double[] sums = new double[experts.count()];
    double[] weights = new double[experts.count()];
    double[] counts = new double[experts.count()];
    for (int t = 0; t < states.states().rows(); t++) {
      double weight = states.weights().get(t);
      double[] h =
          normed(
              values(checkpoint, "model.layers.0.post_attention_layernorm.weight")[0],
              row(states.states(), t),
              checkpoint.config().normEpsilon());
      double[] scores = times(values(checkpoint, prefix + "gate.weight"), h);
      double all = 0;
      for (int e = 0; e < scores.length; e++) {
        scores[e] = Math.exp(scores[e]);
        all += scores[e];
      }
      List<Integer> chosen =
          largest(
              IntStream.range(0, scores.length).mapToObj(e -> scores[e]).toList(),
              experts.perToken());
      double most = chosen.stream().mapToDouble(e -> scores[e]).sum();
      for (int e : chosen) {
        if (weight > 0) {
          String module = prefix + "experts." + e + ".";
          double[] gate = times(values(checkpoint, module + names.get(0) + ".weight"), h);
          double[] up = times(values(checkpoint, module + names.get(1) + ".weight"), h);
          for (int i = 0; i < gate.length; i++) {
            gate[i] = gate[i] / (1 + Math.exp(-gate[i])) * up[i];
          }
          double[] out = times(values(checkpoint, module + names.get(2) + ".weight"), gate);
          double share = scores[e] / (experts.routing().normalized() ? most : all);
          sums[e] += weight * share * Math.sqrt(dot(out, out));
          weights[e] += weight;
          counts[e]++;
        }
      }
    }
    double[] means =
        IntStream.range(0, sums.length)
            .mapToDouble(e -> weights[e] == 0 ? 0 : sums[e] / weights[e])
            .toArray();
    return new double[][] {means, counts};
  }

  private static double[] normed(double[] weight, double[] x, double epsilon) {
    double scale = 1 / Math.sqrt(dot(x, x) / x.length + epsilon);
    return IntStream.range(0, x.length).mapToDouble(i -> weight[i] * x[i] * scale).toArray();
  }

  private static double dot(double[] a, double[] b) {
    return IntStream.range(0, a.length).mapToDouble(i -> a[i] * b[i]).sum();
  }

  private static double[] times(double[][] matrix, double[] x) {
    return IntStream.range(0, matrix.length).mapToDouble(r -> dot(matrix[r], x)).toArray();
  }

  private static double[] row(Matrix matrix, int r) {
    return IntStream.range(0, matrix.columns()).mapToDouble(c -> matrix.get(r, c)).toArray();
  }

  private static double[][] values(Checkpoint checkpoint, String tensor) {
    try (Arena arena = Arena.ofShared()) {
      Matrix matrix =
          new TensorReader(KernelProvider.kernels()).matrix(checkpoint.tensor(tensor), arena);
      return IntStream.range(0, matrix.rows())
          .mapToObj(r -> row(matrix, r))
          .toArray(double[][]::new);
    }
  }

  /** By the hidden states that both models make of the same ones, in float64. */
  @Test
  void theErrorIsThatOfWhatTheMixtureAdds() throws IOException {
    GeneratedArchitectures.write(model, "mixtral", DType.F32);
    pruned(out, "--prune-experts=2");
    try (Compute compute = Compute.create(2);
        Checkpoint before = Checkpoints.open(model);
        Checkpoint after = Checkpoints.open(out)) {
      ModelLayout layout = ModelLayout.of(before.config());
      TransformerModel whole = new TransformerModel(layout, before::tensor, compute);
      TransformerModel less =
          new TransformerModel(ModelLayout.of(after.config()), after::tensor, compute);
      BlockStep mixture = layout.blockSteps(0).getLast();
      try (ActivationStore states = ActivationStore.embed(whole, WEIGHTED, folder);
          ActivationStore all = states.copy();
          ActivationStore left = states.copy()) {
        all.advance(whole, 0, mixture.step());
        left.advance(less, 0, mixture.step());
        double lost = 0;
        double added = 0;
        for (int r = 0; r < states.states().rows(); r++) {
          double[] was = row(states.states(), r);
          double[] wanted = row(all.states(), r);
          double[] got = row(left.states(), r);
          for (int c = 0; c < was.length; c++) {
            lost += states.weights().get(r) * (wanted[c] - got[c]) * (wanted[c] - got[c]);
            added += states.weights().get(r) * (wanted[c] - was[c]) * (wanted[c] - was[c]);
          }
        }
        double measured =
            new ExpertPruning(whole, ExpertMeasures.standard())
                .error(new ExpertCut((MixtureStep) mixture), less, 0, states);
        assertTrue(measured > 0);
        assertEquals(lost / added, measured, 1e-4 * measured);
      }
    }
  }

  @Test
  void theBaselineCountsTheTokensThatAreSent() throws IOException {
    GeneratedArchitectures.write(model, "mixtral", DType.BF16);
    StructureReport report = pruned(out, "--prune-experts=0.4", "--prune-experts-by=tokens");
    assertEquals(3, report.kept().experts());
    for (Part part : report.parts()) {
      assertEquals(largest(part.scores(), 3), part.kept());
      // Every token is sent to two.
      double sent = part.scores().stream().mapToDouble(score -> score).sum();
      assertEquals(2.0 * part.tokens(), sent);
    }
  }

  @Test
  void bitsComeOnTopAndTheOutputScoresAsTheReportSays() throws IOException {
    GeneratedArchitectures.write(model, "qwen3-moe", DType.BF16);
    pruned(out, "--prune-experts=2", "--bits=4", "--group-size=8", "--evaluate=" + text);
    // Four linear layers of attention in each block, three of each expert or of the dense ones.
    assertEquals(3 * 4 + 2 * 3 + 4 * 3, ReportFile.read(out).layers().size());
    double after = ReportFile.read(out).perplexity().getFirst().after();
    assertEquals(after, perplexity(out), 1e-3 * after);
    assertTrue(
        Files.readString(out.resolve("report.html")).contains("4 of 6 experts stay"),
        "the page tells it");
    new Terminal().run("verify", out.toString()).assertExit(0);
  }

  @Test
  void aFileOfLlamaCppScoresAsTheFolder() throws IOException {
    GgufModels.writeFolder(model, "mixtral", DType.F32);
    pruned(out, "--prune-experts=1");
    pruned(folder.resolve("m.gguf"), "--prune-experts=1", "--gguf-type=F32");
    double expected = perplexity(out);
    assertEquals(expected, perplexity(folder.resolve("m.gguf")), 1e-3 * expected);
  }

  private CompressionOptions options(Path output) {
    return CompressionOptions.builder(model, output)
        .structure(StructureOptions.experts(new Experts(2, "reap"), "least-squares", "divergence"))
        .calibration(new Calibration(List.of(text), 8, OptionalInt.of(32), 0))
        .build();
  }

  @ParameterizedTest
  @ValueSource(strings = {"mixtral", "granite-moe"})
  void everyMixtureCanBeTheLastOfARun(String name) throws IOException {
    GeneratedArchitectures.write(model, name, DType.BF16);
    assertThrows(AwpException.class, () -> run(options(out), 2, 1));
    assertFalse(Files.exists(out));
    Stopper rest = new Stopper(99);
    run(options(out), 1, rest);
    long pruned = rest.told.stream().filter(step -> step.contains(": pruning ")).count();
    run(options(folder.resolve("expected")), 4, 99);
    OutputFolders.assertSame(folder.resolve("expected"), out);
    int mixtures = ReportFile.read(out).structure().getFirst().parts().size();
    assertEquals(mixtures - 1, pruned, "the first mixture was kept");
  }

  @ParameterizedTest
  @ValueSource(strings = {"mixtral", "gpt-oss"})
  void diffComparesWhatStays(String name) throws IOException {
    GeneratedArchitectures.write(model, name, DType.BF16);
    pruned(out, "--prune-experts=2");
    Terminal diff = new Terminal().run("diff", model.toString(), out.toString(), "--json");
    diff.assertExit(0);
    JsonNode told = new ObjectMapper().readTree(diff.out());
    for (JsonNode weight : told.path("weights")) {
      assertEquals(0, weight.path("values").path("changed").asDouble(-1), weight.toString());
    }
    assertEquals(0, told.path("onlyAfter").size());
    // Three layers of each of two experts of each of two blocks, where each lies by itself.
    assertEquals(name.equals("mixtral") ? 12 : 0, told.path("onlyBefore").size());
  }

  @Test
  void theDryRunTellsWhatStays() throws IOException {
    GeneratedArchitectures.write(model, "mixtral", DType.BF16);
    compress(out, "--prune-experts=0.2", "--bits=4", "--group-size=8", "--dry-run")
        .assertExit(0)
        .assertOut("4 of 5 experts stay in each mixture, and every token is sent to 2 of them");
    assertFalse(Files.exists(out));
  }

  @Test
  void whatCannotBeIsRefusedBeforeAnyWork() throws IOException {
    GeneratedArchitectures.write(model, "mixtral", DType.BF16);
    compress(out, "--prune-experts=4").assertRefused("1 of the 5 experts would stay");
    compress(out, "--prune-experts=9").assertRefused("0 of the 5 experts would stay");
    compress(out, "--prune-experts=0.05").assertRefused("that is none of the 5 experts");
    for (String name : List.of("deepseek-v2-groups", "deepseek-v3", "llama4")) {
      Path other = folder.resolve(name);
      GeneratedArchitectures.write(other, name, DType.BF16);
      model = other;
      String why = name.equals("llama4") ? "multiplies the inputs of experts" : "among 4 groups";
      compress(out, "--prune-experts=2").assertRefused(why);
    }
    model = folder.resolve("dense");
    new GeneratedCheckpoint(2, 16, 24, 4, 2, DType.BF16).write(model);
    compress(out, "--prune-experts=1").assertRefused("--prune-experts 1: the model has no experts");
    assertFalse(Files.exists(out));
    assertFalse(Files.exists(folder.resolve("out.partial")));
  }

  @Test
  void optionsThatExcludeEachOtherAreMisuse() {
    compress(out, "--prune-experts=2", "--prune-neurons=0.5")
        .assertMisuse("of which nothing else is removed");
    compress(out, "--sparsity=0.5", "--prune-experts-by=tokens")
        .assertMisuse("--prune-experts-by is for --prune-experts");
    compress(out, "--prune-experts=2", "--prune-by=magnitude").assertMisuse("--prune-by is for");
    compress(out, "--prune-experts=2", "--prune-experts-by=luck").assertMisuse("there is no way");
    compress(out, "--prune-experts=1.5").assertMisuse("or a whole number");
    compress(out, "--prune-experts=2", "--statistics=" + folder, "--propagate=dense")
        .assertMisuse("moments of the whole model");
  }
}
