// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.fixture.SyntheticWeights;
import dev.awp.gguf.GgufValue;
import dev.awp.gguf.block.BlockType;
import dev.awp.gguf.file.GgufFile;
import dev.awp.report.LayerReport;
import dev.awp.report.ReportFile;
import dev.awp.report.RunReport;
import dev.awp.tensor.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** {@code --gguf-type} with mixtures, in rules, and where blocks do not fit. */
class GgufMixCommandTest extends BlockFileFixture {
  GgufMixCommandTest() {
    super(2, "out.gguf");
  }

  private void tie() throws IOException {
    String config = Files.readString(model.resolve("config.json"));
    model = folder.resolve("tied");
    SyntheticWeights.write(
        model,
        config.replaceFirst("(\"tie_word_embeddings\"\\s*:\\s*)false", "$1true"),
        DType.BF16,
        Long.MAX_VALUE);
  }

  private Map<String, BlockType> types() {
    Map<String, BlockType> types = new TreeMap<>();
    GgufFile.read(output)
        .tensors()
        .forEach(tensor -> types.put(tensor.name(), tensor.type().orElseThrow()));
    return types;
  }

  private RunReport report() {
    return ReportFile.read(output);
  }

  @Test
  void aMixtureGivesTheTypesOfItsNameAndSolvesBothEnds() {
    compress("--gguf-type", "q4_k_m", "--evaluate", text.toString()).assertExit(0);
    Map<String, BlockType> types = types();
    assertEquals(BlockType.Q8_0, types.get("output.weight"));
    assertEquals(BlockType.Q5_0, types.get("token_embd.weight"));
    assertEquals(BlockType.Q5_0, types.get("blk.0.attn_q.weight"));
    assertEquals(BlockType.Q8_0, types.get("blk.1.attn_v.weight"));
    assertEquals(BlockType.F32, types.get("blk.0.attn_norm.weight"));
    assertEquals(GgufValue.of(15), GgufFile.read(output).metadata().get("general.file_type"));
    List<String> names = report().layers().stream().map(LayerReport::name).toList();
    assertEquals("model.embed_tokens", names.getFirst());
    assertEquals("lm_head", names.getLast());
    assertEquals(16, names.size());
    assertEquals("Q4_K_M", report().options().get("blocks"));
    assertTrue(report().perplexity().getFirst().after() > 0);
    awp.run("verify", output.toString()).assertExit(0);
  }

  @Test
  void anEmbeddingThatIsTheHeadIsSolvedAsTheHead() throws IOException {
    tie();
    compress("--gguf-type", "Q5_K_S").assertExit(0);
    assertEquals(BlockType.Q8_0, types().get("token_embd.weight"));
    assertFalse(types().containsKey("output.weight"));
    LayerReport head = report().layers().getLast();
    assertEquals("model.embed_tokens", head.name());
    assertEquals(0, head.targetDrift());
    assertEquals("Q8_0", head.rule().blocks());
    awp.run("verify", output.toString()).assertExit(0);
  }

  @Test
  void anEmbeddingThatIsAskedForIsRoundedAndNotSolved() {
    compress("--gguf-type", "Q4_K_S", "--gguf-embedding", "Q4_1").assertExit(0);
    assertEquals(BlockType.Q4_1, types().get("token_embd.weight"));
    assertEquals(BlockType.Q4_1, types().get("output.weight"));
    assertEquals(14, report().layers().size());
    compress("--gguf-type", "Q4_K_S", "--gguf-embedding", "Q4_1", "--lm-head").assertExit(2);
    awp.assertErr("leave --lm-head out");
  }

  @Test
  void aTypeThatDoesNotFitGivesWayAndIsTold() {
    compress("--gguf-type", "Q4_K").assertExit(0);
    assertEquals(BlockType.Q5_0, types().get("blk.0.attn_q.weight"));
    assertEquals(BlockType.Q4_K, types().get("blk.0.ffn_down.weight"));
    String told = String.join("\n", report().warnings());
    assertTrue(told.contains("rows of 64 are no whole blocks of Q4_K: Q5_0 instead"), told);
    assertTrue(told.contains("(5.5 bits a weight, not 4.5; 4480 bytes more)"), told);
    assertTrue(told.contains("model.layers.0.self_attn.q_proj"), told);
    awp.run("verify", output.toString()).assertExit(0);
  }

  @Test
  void zerosGoWithAMixtureOfTypesThatHoldThem() {
    compress("--gguf-type", "mix:Q8_0", "--sparsity", "0.5").assertExit(0);
    for (LayerReport layer : report().layers()) {
      boolean end = layer.name().equals("lm_head") || layer.name().equals("model.embed_tokens");
      assertEquals(end ? 0 : 0.5, layer.sparsity(), 0.05, layer.name());
    }
    String told = String.join("\n", report().warnings());
    assertTrue(told.contains("the embedding and the output head get types, and no zeros"), told);
    awp.run("verify", output.toString()).assertExit(0);
  }

  @Test
  void zerosWithAMixtureOfTypesThatHoldNoneAreRefusedByTheLayersName() throws IOException {
    compress("--gguf-type", "mix:Q4_1", "--sparsity", "0.5").assertExit(1);
    awp.assertErr("self_attn.q_proj: --gguf-type Q4_1 makes it Q4_1, which holds no exact zeros");
    Path recipe =
        Files.writeString(
            folder.resolve("recipe.yaml"),
            "sparsity: 0.5\nlayers:\n- match: v_proj\n  gguf-type: Q4_1\n");
    compress("--recipe", recipe.toString()).assertExit(1);
    awp.assertErr("self_attn.v_proj: --gguf-type Q4_1 makes it Q4_1, which holds no exact zeros");
    assertFalse(Files.exists(output));
  }

  @Test
  void rulesGiveLayersTypesOfTheirOwn() throws IOException {
    Path recipe =
        Files.writeString(
            folder.resolve("recipe.yaml"),
            """
            gguf-type: Q4_0
            layers:
            - match: v_proj
              gguf-type: Q8_0
            - blocks: {first: 1}
              match: down_proj
              gguf-type: mix:Q6_K
            """);
    compress("--recipe", recipe.toString()).assertExit(0);
    assertEquals(BlockType.Q8_0, types().get("blk.1.attn_v.weight"));
    assertEquals(BlockType.Q4_0, types().get("blk.1.attn_q.weight"));
    assertEquals(BlockType.Q8_0, types().get("blk.0.ffn_down.weight"));
    assertEquals(BlockType.F16, types().get("token_embd.weight"));
    awp.run("verify", output.toString()).assertExit(0);
  }

  @Test
  void whatNoOtherFormatHoldsIsMisuse() throws IOException {
    Path recipe =
        Files.writeString(
            folder.resolve("recipe.yaml"),
            "bits: 4\nlayers:\n- match: v_proj\n  gguf-type: Q8_0\n");
    output = folder.resolve("out");
    compress("--recipe", recipe.toString()).assertExit(2);
    awp.assertErr("need --format gguf");
    compress("--recipe", recipe.toString(), "--format", "gguf,gptq").assertExit(2);
    awp.assertErr("cannot be written as gptq");
    Files.writeString(recipe, "layers:\n- match: v_proj\n  gguf-type: F16\n");
    compress("--recipe", recipe.toString()).assertExit(1);
    awp.assertErr("'ignore: true' leaves a layer as it is");
    assertFalse(Files.exists(output));
  }
}
