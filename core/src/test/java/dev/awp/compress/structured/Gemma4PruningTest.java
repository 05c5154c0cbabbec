// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.structured;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.awp.checkpoint.Checkpoint;
import dev.awp.checkpoint.registry.Checkpoints;
import dev.awp.config.AttentionConfig;
import dev.awp.config.BlockConfig;
import dev.awp.fixture.GeneratedArchitectures;
import dev.awp.fixture.LlamaCppArchitectures;
import dev.awp.fixture.ModelEdit;
import dev.awp.fixture.SyntheticWeights;
import dev.awp.fixture.Terminal;
import dev.awp.gguf.GgufValue;
import dev.awp.gguf.file.GgufFile;
import dev.awp.model.ModelLayout;
import dev.awp.report.ReportFile;
import dev.awp.report.StructureReport;
import dev.awp.report.StructureReport.Part;
import dev.awp.tensor.DType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Neurons, key/value groups and blocks of models whose blocks have heads of two kinds. */
class Gemma4PruningTest extends PruningCommand {
  private static final ObjectMapper JSON = new ObjectMapper();

  private StructureReport pruned(Path output, String... more) {
    compress(output, more).assertExit(0);
    return ReportFile.read(output).structure().getFirst();
  }

  private JsonNode config(Path of) throws IOException {
    return JSON.readTree(of.resolve("config.json").toFile());
  }

  /** Heads of keys of both kinds of which half can go. */
  private static ObjectNode ofKinds() throws IOException {
    ObjectNode config = GeneratedArchitectures.config("gemma4");
    return config.put("num_key_value_heads", 4).put("num_global_key_value_heads", 2);
  }

  private void write(ObjectNode config, DType type) throws IOException {
    SyntheticWeights.write(model, config.toString(), type, Long.MAX_VALUE);
  }

  @ParameterizedTest
  @CsvSource({
    "gemma4, 0, 1",
    "gemma4-pattern, 0.5, 2",
    "gemma4-per-layer, 0.5, 2",
    "gemma4-shared, 0, 2"
  })
  void whatIsWrittenIsAPartOfTheOriginal(String name, String groups, int blocks)
      throws IOException {
    GeneratedArchitectures.write(model, name, DType.BF16);
    StructureReport report =
        pruned(
            out,
            "--prune-neurons=0.5",
            "--prune-multiple=2",
            "--prune-groups=" + groups,
            "--prune-blocks=" + blocks,
            "--prune-by=magnitude");
    try (Checkpoint before = Checkpoints.open(model);
        Checkpoint after = Checkpoints.open(out)) {
      ModelLayout whole = ModelLayout.of(before.config());
      ModelLayout layout = ModelLayout.of(after.config());
      layout.check(after::tensor);
      assertEquals(before.config().layers() - blocks, after.config().layers());
      for (int i = 0; i < after.config().layers(); i++) {
        int block = report.kept().blocks().get(i);
        BlockConfig was = before.config().block(block);
        BlockConfig is = after.config().block(i);
        int kept = (int) (was.attention().keyValueHeads() * (1 - Double.parseDouble(groups)));
        AttentionConfig expected =
            was.attention()
                .withGroups(kept)
                .withKeyValues(
                    was.attention()
                        .keyValues()
                        .withSharedFrom(source -> report.kept().blocks().indexOf(source)));
        assertEquals(expected, is.attention());
        assertEquals(was.mlp().withWidth(was.mlp().width() / 2), is.mlp());
        assertEquals(was.perLayer(), is.perLayer());
        assertTrue(assertBlockIsPart(before, after, report, i) > 0);
      }
      assertTokensKeepTheirVectors(before, whole, after, report);
    }
    compress(folder.resolve("again"), "--sparsity=0.5", "--solver=wanda").assertExit(0);
  }

  /** The columns of the table, and the rows of the projection, that are of blocks that stay. */
  private static void assertTokensKeepTheirVectors(
      Checkpoint before, ModelLayout whole, Checkpoint after, StructureReport report) {
    if (whole.tokenTable().isEmpty()) {
      return;
    }
    int width = before.config().perLayer().orElseThrow().width();
    float[][] was = values(before.tensor(whole.tokenTable().get()));
    float[][] is = values(after.tensor(whole.tokenTable().get()));
    float[][] rowsBefore = values(before.tensor(whole.tokenProjection().orElseThrow()));
    float[][] rows = values(after.tensor(whole.tokenProjection().orElseThrow()));
    List<Integer> kept = report.kept().blocks();
    assertEquals(kept.size() * width, is[0].length);
    assertEquals(kept.size() * width, rows.length);
    for (int i = 0; i < kept.size(); i++) {
      int from = kept.get(i) * width;
      for (int token = 0; token < was.length; token++) {
        assertArrayEquals(
            Arrays.copyOfRange(was[token], from, from + width),
            Arrays.copyOfRange(is[token], i * width, (i + 1) * width));
      }
      for (int column = 0; column < width; column++) {
        assertArrayEquals(rowsBefore[from + column], rows[i * width + column]);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"gemma4", "gemma4-pattern", "gemma4-per-layer", "gemma4-shared"})
  void aShareOfTheLinearWeightsGoes(String name) throws IOException {
    GeneratedArchitectures.write(model, name, DType.F32);
    StructureReport report =
        pruned(out, "--prune-width=0.15", "--prune-multiple=1", "--evaluate=" + text);
    assertEquals(0.15, report.share(), 0.03);
    double after = ReportFile.read(out).perplexity().getFirst().after();
    assertEquals(after, perplexity(out), 1e-3 * after);
    for (Part part : report.parts()) {
      assertTrue(part.step().equals("attention") || part.step().equals("mlp"), part.toString());
    }
    new Terminal().run("diff", model.toString(), out.toString()).assertExit(0);
  }

  @Test
  void headsOfBothKindsKeepTheSameShare() throws IOException {
    write(ofKinds(), DType.BF16);
    pruned(out, "--prune-groups=0.5", "--prune-blocks=1");
    JsonNode config = config(out);
    assertEquals(2, config.path("num_attention_heads").asInt());
    assertEquals(2, config.path("num_key_value_heads").asInt());
    assertEquals(1, config.path("num_global_key_value_heads").asInt());
    assertEquals(8, config.path("head_dim").asInt());
    assertEquals(16, config.path("global_head_dim").asInt());
  }

  /** As transformers writes it: blocks by index, which change where a block goes. */
  @Test
  void headsOfSingleBlocksGoWithTheirBlocks() throws IOException {
    ObjectNode config = ofKinds();
    config.remove(List.of("global_head_dim", "num_global_key_value_heads"));
    ObjectNode listed = config.putObject("per_layer_config");
    listed.putObject("1").put("head_dim", 16).put("num_key_value_heads", 2);
    listed.putObject("3").put("head_dim", 16).put("num_key_value_heads", 2);
    write(config, DType.BF16);
    StructureReport report = pruned(out, "--prune-groups=0.5", "--prune-blocks=1");
    List<Integer> kept = report.kept().blocks();
    ObjectNode expected = JSON.createObjectNode();
    for (int block : List.of(1, 3)) {
      if (kept.contains(block)) {
        String index = Integer.toString(kept.indexOf(block));
        expected.putObject(index).put("head_dim", 16).put("num_key_value_heads", 1);
      }
    }
    assertEquals(expected, config(out).path("per_layer_config"));
    assertEquals(2, config(out).path("num_key_value_heads").asInt());
  }

  private static FloatBuffer floats(ModelEdit edit, String name) {
    return ByteBuffer.wrap(edit.get(name).bytes()).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
  }

  /**
   * Of blocks that share keys and values the first goes, which took those of the first block that
   * has some to share. It computed nothing, so nothing drifts.
   */
  @Test
  void sharedKeysAndValuesStayWhereTheyAre() throws IOException {
    ObjectNode config = GeneratedArchitectures.config("gemma4-shared");
    ArrayNode types = config.putArray("layer_types");
    for (String type : List.of("sliding", "full", "sliding", "full", "sliding", "full")) {
      types.add(type + "_attention");
    }
    write(config, DType.F32);
    Path file = model.resolve("model.safetensors");
    ModelEdit edit = ModelEdit.of(file);
    for (int block : List.of(0, 3)) {
      String prefix = "model.layers." + block + ".";
      for (String name : List.of("self_attn.o_proj", "mlp.down_proj", "per_layer_projection")) {
        FloatBuffer weights = floats(edit, prefix + name + ".weight");
        for (int i = 0; i < weights.limit(); i++) {
          weights.put(i, 0);
        }
      }
      floats(edit, prefix + "layer_scalar").put(0, 1);
    }
    edit.write(file);
    StructureReport report = pruned(out, "--prune-blocks=2", "--evaluate=" + text);
    assertEquals(List.of(1, 2, 4, 5), report.kept().blocks());
    assertEquals(2, config(out).path("num_kv_shared_layers").asInt());
    for (Part part : report.parts()) {
      assertTrue(part.drift() < 1e-8, part.toString());
    }
    double lost = ReportFile.read(out).perplexity().getFirst().divergence().divergence().value();
    assertTrue(lost < 1e-4, "they computed nothing: " + lost);
  }

  @Test
  void whatIsLeftIsWrittenForLlamaCpp() throws IOException {
    LlamaCppArchitectures.write(model, "gemma4-shared", DType.BF16);
    Path gguf = folder.resolve("m.gguf");
    compress(
            gguf,
            "--prune-neurons=0.5",
            "--prune-multiple=2",
            "--prune-blocks=1",
            "--gguf-type=F16")
        .assertExit(0);
    Map<String, GgufValue> keys = GgufFile.read(gguf).metadata();
    assertEquals(GgufValue.of(5), keys.get("gemma4.block_count"));
    assertEquals(GgufValue.of(2), keys.get("gemma4.attention.shared_kv_layers"));
    assertEquals(
        List.of(22L, 22L, 22L, 44L, 44L),
        IntStream.range(0, 5).mapToObj(block -> neurons(gguf, block)).toList());
    new Terminal().run("verify", gguf.toString()).assertExit(0);
  }

  private static long neurons(Path gguf, int block) {
    String name = "blk." + block + ".ffn_up.weight";
    return GgufFile.read(gguf).tensor(name).orElseThrow().shape().getFirst();
  }

  @Test
  void theDryRunTellsWhatStays() throws IOException {
    GeneratedArchitectures.write(model, "gemma4-shared", DType.BF16);
    compress(out, "--prune-neurons=0.5", "--prune-multiple=2", "--prune-blocks=1", "--dry-run")
        .assertExit(0)
        .assertOut("5 of 6 blocks stay, each with 22 of 44 neurons")
        .assertOut("blocks that have more or fewer than the first keep the same share");
  }

  @Test
  void whatCannotBeIsRefusedBeforeAnyWork() throws IOException {
    GeneratedArchitectures.write(model, "gemma4-shared", DType.BF16);
    compress(out, "--prune-blocks=3")
        .assertRefused(
            "of its 6 blocks 2 can go, for these stay: block 2 (later ones take its keys and")
        .assertErr("block 4 (it is the last that takes those of block 3)");
    compress(out, "--prune-groups=0.5")
        .assertRefused("has 3 blocks that take keys and values of earlier ones");
    compress(out, "--prune-neurons=0.5", "--prune-share=blocks", "--format=gguf")
        .assertRefused("its blocks have heads of two kinds");
    model = folder.resolve("global");
    GeneratedArchitectures.write(model, "gemma4", DType.BF16);
    compress(out, "--prune-groups=0.5")
        .assertRefused("these numbers can: [2], for blocks that have [1] keep the same share");
    compress(out, "--prune-blocks=4").assertRefused("leaves none of its 4 blocks");
    assertFalse(Files.exists(out));
  }
}
