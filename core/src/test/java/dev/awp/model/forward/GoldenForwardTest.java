// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model.forward;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.awp.checkpoint.Checkpoint;
import dev.awp.checkpoint.registry.Checkpoints;
import dev.awp.compute.Compute;
import dev.awp.config.Architecture;
import dev.awp.config.architecture.Architectures;
import dev.awp.fixture.SyntheticWeights;
import dev.awp.model.InputSite;
import dev.awp.model.ModelLayout;
import dev.awp.model.Step;
import dev.awp.model.sublayer.LinearInputs;
import dev.awp.stored.TensorReader;
import dev.awp.tensor.DType;
import dev.awp.tensor.Matrix;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The forward pass against golden values by transformers (scripts/architectures). */
public class GoldenForwardTest {
  @TempDir private Path folder;

  /** All that there are, in a folder or in the jar that the tests on OpenBLAS read them from. */
  public static List<String> cases() throws IOException, URISyntaxException {
    URI one = GoldenForwardTest.class.getResource("golden-llama.json").toURI();
    if (!one.getScheme().equals("jar")) {
      return cases(Path.of(one).getParent());
    }
    try (FileSystem jar = FileSystems.newFileSystem(one, Map.of())) {
      return cases(jar.provider().getPath(one).getParent());
    }
  }

  private static List<String> cases(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.startsWith("golden-") && name.endsWith(".json"))
          .map(name -> name.substring("golden-".length(), name.length() - ".json".length()))
          .sorted()
          .toList();
    }
  }

  @Test
  void everyArchitectureIsAmongThem() throws IOException, URISyntaxException {
    Set<String> known = new TreeSet<>();
    for (String name : cases()) {
      known.add(golden(name).path("config").path("architectures").path(0).asText());
    }
    for (Architecture architecture : Architectures.all()) {
      // That one is the text model of another.
      boolean same = architecture.name().equals("Gemma3ForConditionalGeneration");
      assertTrue(same || known.contains(architecture.name()), architecture.name());
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void agreesWithTransformers(String name) throws IOException {
    JsonNode golden = golden(name);
    int[] tokens = ints(golden.path("tokens"));
    try (Checkpoint checkpoint = checkpoint(golden);
        Compute compute = Compute.create(2);
        Arena arena = Arena.ofShared()) {
      TransformerModel model = model(checkpoint, compute);
      Matrix all = states(model, arena, tokens);
      Matrix x = model.layout().columns().hidden(all);
      int[] rows = ints(golden.path("stateRows"));
      for (int i = 0; i < rows.length; i++) {
        for (int c = 0; c < x.columns(); c++) {
          double expected = golden.path("states").path(i).path(c).asDouble();
          double tolerance = 5e-5 * Math.max(1, Math.abs(expected));
          assertEquals(expected, x.get(rows[i], c), tolerance, "state " + rows[i] + ", " + c);
        }
      }
      double[] loss = model.head().negativeLogLikelihood(all, ints(golden.path("targets")));
      for (int i = 0; i < loss.length; i++) {
        double expected = golden.path("loss").path(i).asDouble();
        assertEquals(expected, loss[i], 2e-5 * Math.max(1, expected), "loss " + i);
      }
    }
  }

  @Test
  void sequencesDoNotSeeEachOther() throws IOException {
    JsonNode golden = golden("qwen3");
    int[] tokens = ints(golden.path("tokens"));
    int[] others = IntStream.of(tokens).map(t -> (t * 3 + 1) % 50).toArray();
    try (Checkpoint checkpoint = checkpoint(golden);
        Compute compute = Compute.create(1);
        Arena arena = Arena.ofShared()) {
      TransformerModel model = model(checkpoint, compute);
      Matrix alone = states(model, arena, tokens);
      Matrix together = states(model, arena, others, tokens, others);
      Matrix own = together.rowRange(tokens.length, 2 * tokens.length);
      for (int r = 0; r < alone.rows(); r++) {
        for (int c = 0; c < alone.columns(); c++) {
          assertEquals(alone.get(r, c), own.get(r, c), 1e-5f, r + ", " + c);
        }
      }
    }
  }

  private static float largest(float[]... rows) {
    float largest = 0;
    for (float[] row : rows) {
      for (float value : row) {
        largest = Math.max(largest, Math.abs(value));
      }
    }
    return largest;
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama", "qwen2-moe", "granite-hybrid", "gemma4-shared"})
  void chunksDoNotChangeTheResult(String name) throws IOException {
    // More sequences than a chunk of 2,048 tokens holds.
    JsonNode golden = golden(name);
    int[] tokens = ints(golden.path("tokens"));
    int[][] many = new int[100][];
    Arrays.fill(many, tokens);
    try (Checkpoint checkpoint = checkpoint(golden);
        Compute compute = Compute.create(2);
        Arena arena = Arena.ofShared()) {
      Matrix x = states(model(checkpoint, compute), arena, many);
      float[][] values = x.toArray();
      // A product of another number of rows rounds otherwise, by digits of what is added up.
      float rounding = 1e-5f * Math.max(1, largest(values));
      for (int r = tokens.length; r < values.length; r++) {
        assertArrayEquals(values[r % tokens.length], values[r], rounding, "row " + r);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "llama-biases",
        "gemma3",
        "mixtral",
        "granite-hybrid",
        "falcon-h1-normed",
        "qwen3-next",
        "gemma4-moe",
        "gemma4-shared"
      })
  void resultsDoNotDependOnThreads(String name) throws IOException {
    JsonNode golden = golden(name);
    int[] tokens = ints(golden.path("tokens"));
    float[][] expected = null;
    for (int threads : new int[] {1, 2, 4}) {
      try (Checkpoint checkpoint = checkpoint(golden);
          Compute compute = Compute.create(threads);
          Arena arena = Arena.ofShared()) {
        float[][] values = states(model(checkpoint, compute), arena, tokens, tokens).toArray();
        expected = expected == null ? values : expected;
        for (int r = 0; r < values.length; r++) {
          assertArrayEquals(expected[r], values[r], threads + " threads, row " + r);
        }
      }
    }
  }

  @Test
  void gemmaRoundsTheFactorOfEmbeddingsToTheStoredType() throws IOException {
    // sqrt(24) = 4.898979 is 4.90625 in bfloat16.
    JsonNode golden = golden("gemma2");
    Path model = folder.resolve("model-bf16");
    SyntheticWeights.write(model, golden.path("config").toString(), DType.BF16, Long.MAX_VALUE);
    try (Checkpoint checkpoint = Checkpoints.open(model);
        Compute compute = Compute.create(1);
        Arena arena = Arena.ofShared()) {
      Matrix x = Matrix.allocate(arena, 1, 24);
      model(checkpoint, compute).embed(new int[] {7}, x);
      Matrix table =
          new TensorReader(compute.kernels())
              .matrix(checkpoint.tensor("model.embed_tokens.weight"), arena);
      for (int c = 0; c < 24; c++) {
        assertEquals(table.get(7, c) * 4.90625f, x.get(0, c), "column " + c);
      }
    }
  }

  /**
   * Both steps, one after the other, are the block; one that ends early leaves the states alone.
   */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "gemma2",
        "qwen2-moe",
        "phi3",
        "cohere",
        "granite-hybrid",
        "falcon-h1",
        "gemma4",
        "gemma4-moe",
        "gemma4-shared"
      })
  void stepsAreTheBlock(String name) throws IOException {
    JsonNode golden = golden(name);
    int[] tokens = ints(golden.path("tokens"));
    try (Checkpoint checkpoint = checkpoint(golden);
        Compute compute = Compute.create(2);
        Arena arena = Arena.ofShared()) {
      TransformerModel model = model(checkpoint, compute);
      Matrix x = Matrix.allocate(arena, tokens.length, model.layout().columns().width());
      model.embed(tokens, x);
      Map<InputSite, float[][]> ofBlock = new TreeMap<>();
      Matrix whole = Matrix.copyOf(arena, x.toArray());
      model.block(0, arena).forward(whole, tokens.length, keeping(ofBlock, site -> false));
      for (boolean deep : new boolean[] {false, true}) {
        Map<InputSite, float[][]> ofSteps = new TreeMap<>();
        Matrix stepwise = Matrix.copyOf(arena, x.toArray());
        for (Step step : model.layout().steps(0)) {
          float[][] before = stepwise.toArray();
          Stage stage = model.step(0, step, arena);
          stage.forward(
              stepwise, tokens.length, keeping(ofSteps, site -> !deep || site.next().isEmpty()));
          assertArrayEquals(before, stepwise.toArray());
          stage.forward(stepwise, tokens.length, LinearInputs.IGNORED);
        }
        assertArrayEquals(whole.toArray(), stepwise.toArray());
        ofBlock.forEach(
            (site, inputs) -> {
              boolean reached = deep || site.next().isPresent();
              assertEquals(reached, ofSteps.containsKey(site), site.toString());
              if (reached) {
                assertArrayEquals(inputs, ofSteps.get(site), site.toString());
              }
            });
      }
    }
  }

  private static LinearInputs keeping(Map<InputSite, float[][]> seen, Predicate<InputSite> last) {
    return new LinearInputs() {
      @Override
      public void accept(InputSite site, Matrix inputs) {
        seen.put(site, inputs.toArray());
      }

      @Override
      public boolean endsAt(InputSite site) {
        return last.test(site);
      }
    };
  }

  @Test
  void expertsSeeTheirOwnTokensOrAll() throws IOException {
    JsonNode golden = golden("qwen3-moe");
    int[] tokens = ints(golden.path("tokens"));
    try (Checkpoint checkpoint = checkpoint(golden);
        Compute compute = Compute.create(2);
        Arena arena = Arena.ofShared()) {
      TransformerModel model = model(checkpoint, compute);
      Matrix embedded = Matrix.allocate(arena, tokens.length, 24);
      model.embed(tokens, embedded);
      Matrix before = Matrix.copyOf(arena, embedded.toArray());
      model.block(0, arena).forward(before, tokens.length, LinearInputs.IGNORED);
      DecoderBlock block = model.block(1, arena);
      Matrix between = Matrix.copyOf(arena, before.toArray());
      model.step(1, Step.ATTENTION, arena).forward(between, tokens.length, LinearInputs.IGNORED);
      long[] routed = model.routedTokens(1, between, _ -> true);
      assertEquals(2L * tokens.length, LongStream.of(routed).sum());
      Map<InputSite, Integer> own = new TreeMap<>();
      Matrix after = Matrix.copyOf(arena, before.toArray());
      block.forward(after, tokens.length, (site, in) -> own.merge(site, in.rows(), Integer::sum));
      Set<InputSite> all = Set.of(InputSite.expertInput(2), InputSite.expertOutput(4));
      Map<InputSite, Integer> seen = new TreeMap<>();
      Matrix again = Matrix.copyOf(arena, before.toArray());
      block.forward(
          again,
          tokens.length,
          new LinearInputs() {
            @Override
            public void accept(InputSite site, Matrix inputs) {
              seen.merge(site, inputs.rows(), Integer::sum);
            }

            @Override
            public boolean seesEveryToken(InputSite site) {
              return all.contains(site);
            }
          });
      for (int e = 0; e < routed.length; e++) {
        for (InputSite site : List.of(InputSite.expertInput(e), InputSite.expertOutput(e))) {
          assertEquals((int) routed[e], own.getOrDefault(site, 0), site.toString());
          int expected = all.contains(site) ? tokens.length : (int) routed[e];
          assertEquals(expected, seen.getOrDefault(site, 0), site.toString());
        }
      }
      for (int r = 0; r < after.rows(); r++) {
        assertArrayEquals(after.toArray()[r], again.toArray()[r], "row " + r);
      }
    }
  }

  private static Matrix states(TransformerModel model, Arena arena, int[]... sequences) {
    int length = sequences[0].length;
    int width = model.layout().columns().width();
    Matrix x = Matrix.allocate(arena, sequences.length * length, width);
    for (int i = 0; i < sequences.length; i++) {
      model.embed(sequences[i], x.rowRange(i * length, (i + 1) * length));
    }
    for (int block = 0; block < model.layout().config().layers(); block++) {
      model.block(block, arena).forward(x, length, LinearInputs.IGNORED);
    }
    return x;
  }

  private static TransformerModel model(Checkpoint checkpoint, Compute compute) {
    ModelLayout layout = ModelLayout.of(checkpoint.config());
    layout.check(checkpoint::tensor);
    return new TransformerModel(layout, checkpoint::tensor, compute);
  }

  private Checkpoint checkpoint(JsonNode golden) throws IOException {
    Path model = folder.resolve("model-" + System.nanoTime());
    SyntheticWeights.write(model, golden.path("config").toString(), DType.F32, Long.MAX_VALUE);
    return Checkpoints.open(model);
  }

  private static JsonNode golden(String name) throws IOException {
    String resource = "golden-" + name + ".json";
    try (InputStream content = GoldenForwardTest.class.getResourceAsStream(resource)) {
      return new ObjectMapper().readTree(content);
    }
  }

  private static int[] ints(JsonNode list) {
    return IntStream.range(0, list.size()).map(i -> list.path(i).asInt()).toArray();
  }
}
