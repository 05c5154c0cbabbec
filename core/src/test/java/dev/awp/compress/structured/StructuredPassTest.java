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
import dev.awp.checkpoint.Checkpoint;
import dev.awp.checkpoint.registry.Checkpoints;
import dev.awp.compress.CompressionOptions;
import dev.awp.compress.CompressionOptions.Calibration;
import dev.awp.compress.StructureOptions;
import dev.awp.compute.KernelProvider;
import dev.awp.config.AttentionConfig;
import dev.awp.fixture.GeneratedArchitectures;
import dev.awp.fixture.GeneratedCheckpoint;
import dev.awp.fixture.ModelEdit;
import dev.awp.fixture.OutputFolders;
import dev.awp.fixture.Terminal;
import dev.awp.model.ModelLayout;
import dev.awp.report.ReportFile;
import dev.awp.report.RunReport;
import dev.awp.report.StructureReport;
import dev.awp.report.StructureReport.Part;
import dev.awp.stored.StoredTensor;
import dev.awp.stored.TensorReader;
import dev.awp.tensor.DType;
import dev.awp.tensor.Matrix;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Models from which neurons, heads and blocks were removed, from the command to the folder. */
class StructuredPassTest extends PruningCommand {
  /** Half of everything, by nothing that changes what stays. */
  private static final String[] HALF_AS_IT_IS = {
    "--prune-neurons=0.5",
    "--prune-multiple=2",
    "--prune-groups=0.5",
    "--prune-blocks=1",
    "--prune-by=magnitude"
  };

  private StructureReport pruned(Path output, String... more) {
    compress(output, more).assertExit(0);
    return ReportFile.read(output).structure().getFirst();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "llama",
        "llama-biases",
        "phi3",
        "qwen2",
        "qwen3",
        "glm4",
        "granite",
        "gemma2",
        "gemma3",
        "exaone4-windows",
        "mistral-window",
        "smollm3-marked"
      })
  void whatIsWrittenIsAPartOfTheOriginal(String name) throws IOException {
    GeneratedArchitectures.write(model, name, DType.BF16);
    // Of weights that stay as they are, every row and column can be held against the original's.
    StructureReport report = pruned(out, HALF_AS_IT_IS);
    try (Checkpoint before = Checkpoints.open(model);
        Checkpoint after = Checkpoints.open(out)) {
      ModelLayout layout = ModelLayout.of(after.config());
      layout.check(after::tensor);
      assertEquals(before.config().layers() - 1, after.config().layers());
      AttentionConfig was = before.config().block(0).attention();
      AttentionConfig is = after.config().block(0).attention();
      assertEquals(was.keyValueHeads() / 2, is.keyValueHeads());
      assertEquals(was.heads() / 2, is.heads());
      assertEquals(
          before.config().block(0).mlp().width() / 2, after.config().block(0).mlp().width());
      ModelLayout whole = ModelLayout.of(before.config());
      for (int i = 0; i < after.config().layers(); i++) {
        int block = report.kept().blocks().get(i);
        assertEquals(
            before.config().block(block).attention().window(),
            after.config().block(i).attention().window());
        assertEquals(
            before.config().block(block).attention().rotation(),
            after.config().block(i).attention().rotation());
        assertIsPart(before, whole, block, after, layout, i, report);
      }
    }
    compress(folder.resolve("again"), "--sparsity=0.5", "--solver=wanda").assertExit(0);
  }

  private static void assertIsPart(
      Checkpoint before,
      ModelLayout whole,
      int block,
      Checkpoint after,
      ModelLayout layout,
      int index,
      StructureReport report) {
    for (Part part : report.parts()) {
      if (part.block() == block) {
        boolean attention = part.step().equals("attention");
        String module = attention ? "self_attn." : "mlp.";
        AttentionConfig config = whole.config().block(block).attention();
        int[] kept = part.kept().stream().mapToInt(unit -> unit).toArray();
        int size = config.headDimension();
        int shared = config.heads() / config.keyValueHeads() * size;
        int all = config.heads() * size;
        int keys = config.keyValueHeads() * size;
        int width = whole.config().block(block).mlp().width();
        for (String tensor : before.byName().keySet()) {
          String prefix = whole.prefix(block) + module;
          if (tensor.startsWith(prefix) && !tensor.contains("norm")) {
            String own = layout.prefix(index) + module + tensor.substring(prefix.length());
            int[] units =
                switch (tensor.substring(prefix.length(), tensor.indexOf("_proj"))) {
                  case "q" -> spread(kept, shared, 0);
                  case "k", "v" -> spread(kept, size, 0);
                  case "qkv" ->
                      join(
                          spread(kept, shared, 0),
                          spread(kept, size, all),
                          spread(kept, size, all + keys));
                  case "o" -> spread(kept, shared, 0);
                  case "gate_up" -> join(kept, spread(kept, 1, width));
                  default -> kept;
                };
            boolean reads = tensor.contains("o_proj") || tensor.contains("down_proj");
            assertSame(before, tensor, after, own, units, reads);
          }
        }
      }
    }
  }

  private static int[] spread(int[] kept, int width, int first) {
    return Arrays.stream(kept)
        .flatMap(unit -> IntStream.range(first + unit * width, first + (unit + 1) * width))
        .toArray();
  }

  private static int[] join(int[]... parts) {
    return Stream.of(parts).flatMapToInt(Arrays::stream).toArray();
  }

  /** Rows of an original, or its columns where a layer reads what was removed. */
  private static void assertSame(
      Checkpoint before, String tensor, Checkpoint after, String own, int[] units, boolean reads) {
    TensorReader reader = new TensorReader(KernelProvider.kernels());
    try (Arena arena = Arena.ofShared()) {
      Matrix was = reader.matrix(before.tensor(tensor), arena);
      Matrix is = reader.matrix(after.tensor(own), arena);
      boolean vector = before.tensor(tensor).shape().size() == 1;
      for (int r = 0; r < is.rows(); r++) {
        for (int c = 0; c < is.columns(); c++) {
          int row = vector || reads ? r : units[r];
          int column = (reads && !vector) || (vector && !reads) ? units[c] : c;
          assertEquals(was.get(row, column), is.get(r, c), tensor);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama-biases", "qwen3"})
  void diffComparesWhatStays(String name) throws IOException {
    GeneratedArchitectures.write(model, name, DType.BF16);
    StructureReport report = pruned(out, HALF_AS_IT_IS);
    Terminal diff = new Terminal().run("diff", model.toString(), out.toString(), "--json");
    diff.assertExit(0);
    JsonNode weights = new ObjectMapper().readTree(diff.out()).path("weights");
    int last = report.kept().blocks().getLast();
    boolean renamed = false;
    for (JsonNode weight : weights) {
      assertEquals(0, weight.path("values").path("changed").asDouble(-1), weight.toString());
      renamed |= !weight.path("name").equals(weight.path("nameAfter"));
    }
    assertEquals(last > report.kept().blocks().size() - 1, renamed);
    pruned(folder.resolve("solved"), "--prune-neurons=0.5", "--prune-multiple=2");
    diff.run("diff", model.toString(), folder.resolve("solved").toString(), "--json").assertExit(0);
    for (JsonNode weight : new ObjectMapper().readTree(diff.out()).path("weights")) {
      boolean solved = weight.path("name").asText().endsWith("_proj.weight");
      double changed = weight.path("values").path("changed").asDouble(-1);
      assertTrue(solved ? changed >= 0 : changed == 0, weight.toString());
    }
  }

  @Test
  void removingNothingGivesTheSameBytes() throws IOException {
    new GeneratedCheckpoint(3, 16, 24, 4, 2, DType.BF16).write(model);
    StructureReport report = pruned(out, "--prune-neurons=0", "--prune-groups=0");
    assertEquals(0, report.share());
    assertArrayEquals(
        Files.readAllBytes(model.resolve("config.json")),
        Files.readAllBytes(out.resolve("config.json")));
    assertArrayEquals(
        Files.readAllBytes(model.resolve("model.safetensors")),
        Files.readAllBytes(out.resolve("model.safetensors")));
  }

  @Test
  void whatIsWrittenScoresAsTheReportSaysAndVerifies() throws IOException {
    new GeneratedCheckpoint(3, 16, 24, 4, 2, DType.F32).write(model);
    StructureReport report = pruned(out, "--prune-width=0.4", "--evaluate=" + text);
    assertTrue(report.share() > 0.3 && report.share() < 0.5, report.toString());
    double after = ReportFile.read(out).perplexity().getFirst().after();
    assertEquals(after, perplexity(out), 1e-3 * after);
    new Terminal().run("verify", out.toString()).assertExit(0);
  }

  @Test
  void bitsAndFormatsComeOnTop() throws IOException {
    new GeneratedCheckpoint(2, 64, 96, 4, 2, DType.BF16).write(model);
    StructureReport report =
        pruned(
            out, "--prune-neurons=0.33", "--bits=4", "--format=dense,gptq", "--evaluate=" + text);
    assertEquals(64, report.kept().neurons());
    RunReport whole = ReportFile.read(out);
    assertEquals(14, whole.layers().size());
    assertEquals(
        List.of(64, 64),
        whole.layers().stream()
            .filter(l -> l.name().endsWith("down_proj"))
            .map(l -> l.columns())
            .toList());
    try (Checkpoint after = Checkpoints.open(out.resolve("gptq"))) {
      assertEquals(64, after.config().block(0).mlp().width());
    }
    pruned(folder.resolve("m.gguf"), "--prune-groups=0.5", "--gguf-type=F16");
    new Terminal().run("verify", folder.resolve("m.gguf").toString()).assertExit(0);
    new Terminal()
        .run("inspect", folder.resolve("m.gguf").toString(), "--json")
        .assertExit(0)
        .assertOut("blk.1.attn_output.weight");
  }

  @Test
  void aBudgetIsSharedByTheErrorsOfWhatIsLeft() throws IOException {
    new GeneratedCheckpoint(2, 32, 48, 4, 2, DType.BF16).write(model);
    pruned(out, "--prune-neurons=0.33", "--target-bits=5", "--group-size=16");
    assertEquals(14, ReportFile.read(out).layers().size());
  }

  private static FloatBuffer floats(ModelEdit edit, String name) {
    return ByteBuffer.wrap(edit.get(name).bytes()).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
  }

  @Test
  void neuronsThatSayTheSameAreMadeUpForWhole() throws IOException {
    int hidden = 16;
    int width = 24;
    new GeneratedCheckpoint(2, hidden, width, 4, 2, DType.F32).write(model);
    Path file = model.resolve("model.safetensors");
    ModelEdit edit = ModelEdit.of(file);
    for (int block = 0; block < 2; block++) {
      for (String maker : List.of("gate_proj", "up_proj")) {
        // Each neuron of the second half computes what one of the first does.
        FloatBuffer rows = floats(edit, "model.layers." + block + ".mlp." + maker + ".weight");
        for (int i = 0; i < width / 2 * hidden; i++) {
          rows.put(width / 2 * hidden + i, rows.get(i));
        }
      }
    }
    edit.write(file);
    StructureReport report =
        pruned(out, "--prune-neurons=0.5", "--prune-multiple=4", "--evaluate=" + text);
    assertEquals(12, report.kept().neurons());
    for (Part part : report.parts()) {
      if (part.step().equals("mlp")) {
        long distinct = part.kept().stream().map(unit -> unit % 12).distinct().count();
        assertTrue(
            distinct >= 11, "one of each pair stays, but for one that hardly speaks: " + part);
        assertTrue(part.relativeError() < 1e-2, part.toString());
      }
    }
    Path plain = folder.resolve("plain");
    pruned(
        plain,
        "--prune-neurons=0.5",
        "--prune-multiple=4",
        "--prune-by=magnitude",
        "--evaluate=" + text);
    double own = divergence(out);
    assertTrue(10 * own < divergence(plain), own + " against " + divergence(plain));
  }

  private static double divergence(Path output) {
    return ReportFile.read(output).perplexity().getFirst().divergence().divergence().value();
  }

  /** Scales what a block adds to the hidden states. */
  private void scaleBlock(int block, float factor) throws IOException {
    Path file = model.resolve("model.safetensors");
    ModelEdit edit = ModelEdit.of(file);
    for (String name : List.of("self_attn.o_proj", "mlp.down_proj")) {
      FloatBuffer weights = floats(edit, "model.layers." + block + "." + name + ".weight");
      IntStream.range(0, weights.limit()).forEach(i -> weights.put(i, factor * weights.get(i)));
    }
    edit.write(file);
  }

  @ParameterizedTest
  @ValueSource(strings = {"divergence", "cosine"})
  void theBlockThatDoesNothingGoes(String measure) throws IOException {
    new GeneratedCheckpoint(4, 16, 24, 4, 2, DType.F32).write(model);
    scaleBlock(2, 0);
    StructureReport report =
        pruned(out, "--prune-blocks=1", "--prune-blocks-by=" + measure, "--evaluate=" + text);
    assertEquals(List.of(0, 1, 3), report.kept().blocks());
    assertTrue(divergence(out) < 1e-6, "it computed nothing: " + divergence(out));
  }

  @Test
  void theBlocksAfterARemovedOneMakeUpForIt() throws IOException {
    new GeneratedCheckpoint(4, 16, 24, 4, 2, DType.F32).write(model);
    scaleBlock(1, 0.05f);
    String[] blocks = {"--prune-blocks=1", "--evaluate=" + text};
    StructureReport report = pruned(out, blocks);
    assertEquals(6, report.parts().size());
    assertTrue(report.parts().stream().anyMatch(part -> part.drift() > 0));
    Path plain = folder.resolve("plain");
    String[] alone = Arrays.copyOf(blocks, blocks.length + 1);
    alone[blocks.length] = "--prune-by=magnitude";
    assertEquals(report.kept(), pruned(plain, alone).kept());
    assertTrue(divergence(out) < divergence(plain), "the same blocks, refitted or not");
  }

  /**
   * The second block's feed-forward layer keeps all of its neurons, behind attention that lost
   * heads: the layers that make them change too, and what they deliver comes nearer to what the
   * original's do.
   */
  @Test
  void theLayersThatMakeUnitsMakeUpForTheDriftOfTheirInputs() throws IOException {
    new GeneratedCheckpoint(2, 16, 24, 4, 2, DType.F32).write(model);
    StructureReport report = pruned(out, "--prune-groups=0.5");
    String[] makers = {"self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"};
    try (Checkpoint before = Checkpoints.open(model);
        Checkpoint after = Checkpoints.open(out)) {
      // The first attention reads what the original's reads.
      for (String maker : makers) {
        assertArrayEquals(
            kept(before, report, 0, maker),
            values(after, 0, maker),
            0,
            "nothing drifted: " + maker);
        assertDiffers(kept(before, report, 1, maker), values(after, 1, maker), maker);
      }
      for (String maker : List.of("mlp.gate_proj", "mlp.up_proj")) {
        assertDiffers(values(before, 0, maker), values(after, 0, maker), maker);
      }
    }
    Path plain = folder.resolve("plain");
    pruned(plain, "--prune-groups=0.5", "--target=dense");
    try (Checkpoint before = Checkpoints.open(model);
        Checkpoint after = Checkpoints.open(plain)) {
      assertArrayEquals(
          values(before, 1, "mlp.up_proj"), values(after, 1, "mlp.up_proj"), 0, "as it is");
    }
  }

  private static void assertDiffers(float[] some, float[] other, String what) {
    assertEquals(some.length, other.length, what);
    double squares = 0;
    double difference = 0;
    for (int i = 0; i < some.length; i++) {
      squares += some[i] * some[i];
      difference += (some[i] - other[i]) * (some[i] - other[i]);
    }
    double share = Math.sqrt(difference / squares);
    assertTrue(share > 1e-3 && share < 1, what + " differs by " + share);
  }

  /** The rows of a layer of heads that stay. */
  private static float[] kept(Checkpoint before, StructureReport report, int block, String layer) {
    int head =
        report.parts().stream()
            .filter(part -> part.block() == block && part.step().equals("attention"))
            .findFirst()
            .orElseThrow()
            .kept()
            .getFirst();
    float[] all = values(before, block, layer);
    int half = all.length / 2;
    return Arrays.copyOfRange(all, head * half, (head + 1) * half);
  }

  private static float[] values(Checkpoint checkpoint, int block, String layer) {
    StoredTensor tensor = checkpoint.tensor("model.layers.%s.%s.weight".formatted(block, layer));
    try (Arena arena = Arena.ofShared()) {
      Matrix matrix = new TensorReader(KernelProvider.kernels()).matrix(tensor, arena);
      float[] values = new float[matrix.rows() * matrix.columns()];
      for (int row = 0; row < matrix.rows(); row++) {
        for (int column = 0; column < matrix.columns(); column++) {
          values[row * matrix.columns() + column] = matrix.get(row, column);
        }
      }
      return values;
    }
  }

  private CompressionOptions options(Path output) {
    return CompressionOptions.builder(model, output)
        .structure(
            new StructureOptions(
                OptionalDouble.empty(),
                Optional.empty(),
                OptionalDouble.of(0.3),
                OptionalDouble.of(0.5),
                1,
                0,
                "least-squares",
                "divergence",
                StructureOptions.Sharing.UNIFORM,
                OptionalInt.of(4),
                Optional.empty()))
        .calibration(new Calibration(List.of(text), 8, OptionalInt.of(32), 0))
        .maxShardBytes(20_000)
        .build();
  }

  @Test
  void everyStepCanBeTheLastOfARun() throws IOException {
    new GeneratedCheckpoint(3, 16, 24, 4, 2, DType.BF16).write(model);
    for (int i = 0; i < 4; i++) {
      int threads = 1 << (i % 3);
      int steps = i == 0 ? 0 : 1;
      assertThrows(AwpException.class, () -> run(options(out), threads, steps));
      assertFalse(Files.exists(out));
      assertEquals(i > 0, Files.exists(folder.resolve("out.partial")), "at " + i);
    }
    damageSaved(folder.resolve("out.partial"));
    Stopper rest = new Stopper(99);
    run(options(out), 2, rest);
    assertTrue(rest.told.stream().anyMatch(step -> step.contains("is damaged")));
    assertFalse(Files.exists(folder.resolve("out.partial")));
    run(options(folder.resolve("expected")), 1, 99);
    OutputFolders.assertSame(folder.resolve("expected"), out);
  }

  /** Changes a byte of a layer that the journal vouches for. */
  private static void damageSaved(Path unfinished) throws IOException {
    Matcher piece =
        Pattern.compile("down_proj.weight\",\"file\":\"([^\"]+)\",\"offset\":([0-9]+)")
            .matcher(Files.readString(unfinished.resolve("journal")));
    assertTrue(piece.find());
    Path file = unfinished.resolve("pruned").resolve(piece.group(1));
    try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
      bytes.seek(Long.parseLong(piece.group(2)));
      int value = bytes.read();
      bytes.seek(Long.parseLong(piece.group(2)));
      bytes.write(value ^ 1);
    }
  }

  @Test
  void anotherShareIsAnotherRun() throws IOException {
    new GeneratedCheckpoint(3, 16, 24, 4, 2, DType.BF16).write(model);
    assertThrows(AwpException.class, () -> run(options(out), 2, 2));
    compress(out, "--prune-neurons=0.2", "--prune-multiple=4")
        .assertRefused("holds an unfinished run that differs");
  }

  @Test
  void recipesHaveTheOptionsAsKeys() throws IOException {
    new GeneratedCheckpoint(2, 16, 24, 4, 2, DType.BF16).write(model);
    Path recipe =
        Files.writeString(
            folder.resolve("recipe.yaml"),
            "prune-neurons: 0.3\nprune-multiple: 4\nprune-by: magnitude\n");
    assertEquals(16, pruned(out, "--recipe=" + recipe).kept().neurons());
  }

  @Test
  void configSaysEverySize() throws IOException {
    GeneratedArchitectures.write(model, "gemma3", DType.BF16);
    pruned(out, "--prune-neurons=0.5", "--prune-multiple=2", "--prune-blocks=1");
    JsonNode config = new ObjectMapper().readTree(out.resolve("config.json").toFile());
    assertEquals(22, config.path("intermediate_size").asInt());
    assertEquals(8, config.path("head_dim").asInt());
    assertEquals(3, config.path("num_hidden_layers").asInt());
    assertEquals(3, config.path("layer_types").size());
  }

  private static long elements(StoredTensor tensor) {
    return tensor.shape().stream().reduce(1L, Math::multiplyExact);
  }

  private static long parameters(Path of) {
    try (Checkpoint checkpoint = Checkpoints.open(of)) {
      return checkpoint.tensors().stream().mapToLong(StructuredPassTest::elements).sum();
    }
  }

  @Test
  void aTargetOfParametersIsMetAsNearlyAsNeuronsAllow() throws IOException {
    new GeneratedCheckpoint(3, 16, 24, 4, 2, DType.BF16).write(model);
    long all = parameters(model);
    long target = all - 2000;
    StructureReport report =
        pruned(out, "--target-parameters=" + target, "--prune-multiple=1", "--prune-by=magnitude");
    // A neuron of each block is 144 parameters.
    assertEquals(0.0, (double) (parameters(out) - target), 72);
    assertEquals(2000.0 / (3 * (3 * 16 * 24 + 2 * 16 * (16 + 8))), report.share(), 0.02);
    Path fewer = folder.resolve("fewer");
    pruned(
        fewer,
        "--target-parameters=" + (all - 3000),
        "--prune-blocks=1",
        "--prune-multiple=1",
        "--prune-by=magnitude");
    assertEquals(0.0, (double) (parameters(fewer) - (all - 3000)), 48);
    compress(folder.resolve("dry"), "--target-parameters=" + target, "--dry-run")
        .assertExit(0)
        .assertOut("parameters stay");
  }

  @Test
  void aSpeedupIsOfTheWeightsThatATokenReads() throws IOException {
    new GeneratedCheckpoint(3, 16, 24, 4, 2, DType.BF16).write(model);
    pruned(out, "--speedup=1.2", "--prune-multiple=1", "--prune-by=magnitude");
    long embedding;
    try (Checkpoint checkpoint = Checkpoints.open(model)) {
      embedding = elements(checkpoint.tensor("model.embed_tokens.weight"));
    }
    double before = parameters(model) - embedding;
    double after = parameters(out) - embedding;
    assertEquals(1.2, before / after, 0.01);
  }

  @Test
  void targetsThatCannotBeMetAreRefused() throws IOException {
    new GeneratedCheckpoint(3, 16, 24, 4, 2, DType.BF16).write(model);
    compress(out, "--target-parameters=100M").assertRefused("there is nothing left to remove");
    compress(out, "--target-parameters=1k").assertRefused("stay in any case");
    compress(out, "--speedup=99").assertRefused("stay in any case");
    compress(out, "--speedup=1").assertMisuse("a number above 1");
    compress(out, "--target-parameters=many").assertMisuse("is not a number of parameters");
    compress(out, "--target-parameters=1k", "--speedup=2").assertMisuse("exclude each other");
    compress(out, "--speedup=2", "--prune-groups=0.5").assertMisuse("leave --prune-neurons");
    assertFalse(Files.exists(out));
  }

  @Test
  void theDryRunTellsWhatStays() throws IOException {
    new GeneratedCheckpoint(3, 16, 24, 4, 2, DType.BF16).write(model);
    compress(out, "--prune-neurons=0.3", "--dry-run")
        .assertExit(0)
        .assertOut("3 of 3 blocks stay, each with 16 of 24 neurons and 2 of 2 key/value heads");
    compress(out, "--prune-neurons=0.3", "--bits=4", "--group-size=8", "--dry-run")
        .assertExit(0)
        .assertOut("16 x 16");
    assertFalse(Files.exists(out));
  }

  @Test
  void whatCannotBeIsRefusedBeforeAnyWork() throws IOException {
    new GeneratedCheckpoint(2, 16, 24, 4, 2, DType.BF16).write(model);
    compress(out, "--prune-neurons=0.9").assertRefused("of the 24 neurons of a block 2 would stay");
    compress(out, "--prune-neurons=0.1").assertRefused("whole multiples of 8 can");
    compress(out, "--prune-groups=0.9").assertRefused("of the 2 key/value heads");
    compress(out, "--prune-blocks=2").assertRefused("leaves none of its 2 blocks");
    compress(out, "--prune-width=0.99").assertRefused("no number of key/value heads");
    compress(out, "--prune-neurons=0.3", "--format=gptq").assertRefused("gptq");
    assertFalse(Files.exists(out));
    assertFalse(Files.exists(folder.resolve("out.partial")));
  }

  @Test
  void aHeapThatIsTooSmallIsToldBeforeAnyWork() throws IOException {
    new GeneratedCheckpoint(2, 16, 24, 4, 2, DType.BF16).write(model);
    try (Checkpoint checkpoint = Checkpoints.open(model)) {
      StructurePlan plan =
          new StructurePlan(options(out).structure().orElseThrow(), checkpoint.config());
      plan.checkMemory(20_000, OptionalLong.empty(), true);
      assertRefused("among 24 columns by least squares", plan, 10_000, OptionalLong.empty());
      assertRefused("--memory-limit allows 1 MB", plan, 20_000, OptionalLong.of(16_000));
    }
  }

  private static void assertRefused(
      String what, StructurePlan plan, long heap, OptionalLong limit) {
    String told =
        assertThrows(AwpException.class, () -> plan.checkMemory(heap, limit, true)).getMessage();
    assertTrue(told.contains(what), told);
  }

  /** By arithmetic: of a layer as wide as those of models of eight billion parameters. */
  @Test
  void aWideLayerTakesGigabytesOfHeapAndBeside() {
    int made = 2 * 14336;
    PruningMemory needed = PruningMemory.of(4096, 14336, made, true, true);
    assertEquals(2.5 * 14336.0 * 14336 * 8, (double) needed.heap(), 0.2 * (double) needed.heap());
    assertTrue(needed.offHeap() > 4L * 14336 * 14336 * 4);
    assertEquals(
        4L * made * 4096,
        needed.offHeap() - PruningMemory.of(4096, 14336, 0, true, true).offHeap(),
        "the layers that make neurons, as they are refitted");
    assertEquals(0, PruningMemory.of(4096, 14336, 0, false, true).heap());
  }

  @ParameterizedTest
  @ValueSource(strings = {"mixtral", "qwen3-moe"})
  void mixturesAreRefused(String name) throws IOException {
    GeneratedArchitectures.write(model, name, DType.BF16);
    compress(out, "--prune-neurons=0.5").assertRefused("it has experts");
  }

  @Test
  void headsThatAreNormedTogetherStay() throws IOException {
    GeneratedArchitectures.write(model, "olmo2", DType.BF16);
    compress(out, "--prune-groups=0.5").assertRefused("norms all heads together");
    StructureReport report = pruned(out, "--prune-width=0.3");
    assertEquals(report.before().groups(), report.kept().groups());
  }

  @Test
  void optionsThatExcludeEachOtherAreMisuse() {
    compress(out, "--prune-width=0.3", "--prune-neurons=0.3")
        .assertMisuse("--prune-width says the others itself");
    compress(out, "--sparsity=0.5", "--prune-by=magnitude").assertMisuse("--prune-by is for");
    compress(out, "--sparsity=0.5", "--prune-multiple=8").assertMisuse("--prune-multiple is for");
    compress(out, "--prune-neurons=0.5", "--prune-blocks-by=cosine")
        .assertMisuse("--prune-blocks-by is for");
    compress(out, "--prune-neurons=0.5", "--prune-by=luck").assertMisuse("there is no way");
    compress(out, "--prune-blocks=1", "--prune-share=blocks").assertMisuse("--prune-share is for");
    compress(out, "--prune-neurons=0.5", "--prune-share=luck").assertMisuse("there is no way");
    compress(out, "--prune-neurons=1").assertMisuse("at least 0 and below 1");
    compress(out, "--prune-width=0").assertMisuse("between 0 and 1");
    compress(out, "--prune-neurons=0.5", "--statistics=" + folder, "--propagate=dense")
        .assertMisuse("moments of the whole model");
    compress(out, "--prune-neurons=0.5", "--lm-head").assertMisuse("say what to do");
  }
}
