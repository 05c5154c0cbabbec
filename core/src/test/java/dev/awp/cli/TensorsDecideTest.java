// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.awp.fixture.GeneratedArchitectures;
import dev.awp.fixture.GeneratedCheckpoint;
import dev.awp.fixture.ModelEdit;
import dev.awp.fixture.Terminal;
import dev.awp.gguf.GgufValue;
import dev.awp.gguf.file.GgufFile;
import dev.awp.report.ReportFile;
import dev.awp.tensor.DType;
import dev.awp.tensor.Float8;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Where config.json and the tensors disagree, and what outputs and report.json say of it. */
class TensorsDecideTest {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  @TempDir private Path folder;
  private Path model;
  private Path weights;
  private Path text;
  private Path out;
  private final Terminal awp = new Terminal();

  @BeforeEach
  void generate() throws IOException {
    model = folder.resolve("model");
    weights = model.resolve("model.safetensors");
    out = folder.resolve("out");
    new GeneratedCheckpoint(1, 32, 64, 2, 1, DType.BF16).write(model);
    text = Files.writeString(folder.resolve("text.txt"), "A text of some words. ".repeat(99));
  }

  private Terminal compress(String... more) {
    List<String> arguments =
        new ArrayList<>(List.of("compress", model.toString(), out.toString(), "--quiet"));
    arguments.addAll(List.of("--calibration", text.toString(), "--sequence-length", "32"));
    arguments.addAll(List.of("--sequences", "4", "--solver", "magnitude", "--sparsity", "0.5"));
    arguments.addAll(List.of(more));
    return awp.run(arguments);
  }

  private Terminal packed(String format) {
    return awp.run(
        "compress",
        model.toString(),
        out.toString(),
        "--quiet",
        "--format=" + format,
        "--bits=4",
        "--group-size=32",
        "--calibration=" + text,
        "--sequence-length=32",
        "--sequences=4");
  }

  private List<String> warnings() {
    return ReportFile.read(out).warnings();
  }

  private void assertWarned(String... words) {
    for (String word : words) {
      assertTrue(warnings().stream().anyMatch(w -> w.contains(word)), warnings()::toString);
    }
  }

  private JsonNode config(Path of) throws IOException {
    return JSON.readTree(of.resolve("config.json").toFile());
  }

  private String perplexity(Path of) {
    String said =
        awp.run("eval", of.toString(), text.toString(), "--sequence-length=32", "-q")
            .assertExit(0)
            .out();
    return said.replaceFirst("(?s).*(perplexity [0-9.]+).*", "$1");
  }

  @Test
  void aHeadThatIsNotTheEmbeddingUntiesItInEveryOutput() throws IOException {
    String untied = perplexity(model);
    ModelEdit.config(model, config -> config.put("tie_word_embeddings", true));
    assertEquals(untied, perplexity(model));
    compress("--format", "dense,gguf").assertExit(0);
    assertWarned("tie_word_embeddings is true, but lm_head.weight holds other values");
    assertFalse(config(out.resolve("dense")).path("tie_word_embeddings").asBoolean(true));
    GgufFile gguf = GgufFile.read(out.resolve("gguf/model.gguf"));
    assertTrue(gguf.tensor("output.weight").isPresent());
    awp.run("verify", out.toString(), "-q").assertExit(0);
  }

  @Test
  void aHeadThatIsTheEmbeddingStaysTied() throws IOException {
    ModelEdit.config(model, config -> config.put("tie_word_embeddings", true));
    ModelEdit.of(weights).copy("model.embed_tokens.weight", "lm_head.weight").write(weights);
    compress("--format", "dense,gguf").assertExit(0);
    assertEquals(
        Files.readString(model.resolve("config.json")),
        Files.readString(out.resolve("dense/config.json")));
    assertTrue(GgufFile.read(out.resolve("gguf/model.gguf")).tensor("output.weight").isEmpty());
    assertEquals(List.of(), warnings().stream().filter(w -> w.contains("tie_word")).toList());
  }

  @Test
  void aMissingHeadIsNotMadeUp() throws IOException {
    ModelEdit.of(weights).remove("lm_head.weight").write(weights);
    compress()
        .assertRefused("tensor lm_head.weight is missing; where the embeddings are the output");
    ModelEdit.config(model, config -> config.remove("tie_word_embeddings"));
    compress()
        .assertRefused("tensor lm_head.weight is missing; where the embeddings are the output");
    ModelEdit.config(model, config -> config.put("tie_word_embeddings", true));
    compress().assertExit(0);
  }

  @Test
  void tensorsThatTheModelDoesNotUseAreNamedOnce() throws IOException {
    ModelEdit.of(weights)
        .put("model.layers.0.self_attn.q_proj.bias", DType.BF16, List.of(32L), new byte[64])
        .put("model.layers.0.self_attn.k_proj.bias", DType.BF16, List.of(16L), new byte[32])
        .put("model.layers.1.mlp.up_proj.weight", DType.BF16, List.of(2L), new byte[4])
        .put("model.layers.0.self_attn.rotary_emb.inv_freq", DType.F32, List.of(1L), new byte[4])
        .write(weights);
    compress().assertExit(0);
    assertEquals(1, warnings().size(), warnings()::toString);
    assertWarned(
        "3 tensors of decoder blocks are no part of LlamaForCausalLM as config.json describes it",
        "all of block 1 (1), self_attn.k_proj.bias (1), self_attn.q_proj.bias (1)");
    assertTrue(
        ModelEdit.of(out.resolve("model.safetensors"))
            .names()
            .contains("model.layers.0.self_attn.q_proj.bias"));
  }

  @Test
  void aStaleQuantizationIsLeftOut() throws IOException {
    String plain = perplexity(model);
    ModelEdit.config(
        model,
        config ->
            config
                .putObject("quantization_config")
                .put("quant_method", "bitsandbytes")
                .put("load_in_4bit", true));
    Files.writeString(model.resolve("quantize_config.json"), "{\"bits\":4}");
    Files.writeString(model.resolve("hf_quant_config.json"), "{\"quantization\":{}}");
    assertEquals(plain, perplexity(model));
    compress().assertExit(0);
    assertWarned("quantization_config (bitsandbytes) is left out of outputs: no tensor");
    assertFalse(config(out).has("quantization_config"));
    assertFalse(Files.exists(out.resolve("quantize_config.json")));
    assertFalse(Files.exists(out.resolve("hf_quant_config.json")));
    String pruned = perplexity(out);
    assertFalse(pruned.isEmpty());
  }

  @Test
  void codesThatAreNotReadAreNamedWithTheirMethod() throws IOException {
    String name = "model.layers.0.mlp.up_proj.weight";
    ModelEdit.of(weights)
        .put(name, DType.U8, List.of(1024L, 1L), new byte[1024])
        .put(name + ".absmax", DType.F32, List.of(32L), new byte[128])
        .write(weights);
    ModelEdit.config(
        model,
        config -> config.putObject("quantization_config").put("quant_method", "bitsandbytes"));
    compress().assertRefused("the model is quantized already (bitsandbytes)");
    awp.run("eval", model.toString(), text.toString(), "-q")
        .assertRefused("quant_method 'bitsandbytes' is not supported");
    awp.assertErr("dequantize()");
  }

  /** Rounds the linear layers to 8 bits with scales; the plain twin holds what they decode to. */
  private Path float8(DType type, int blockRows, int blockColumns, String scaleName)
      throws IOException {
    ModelEdit plain = ModelEdit.of(weights);
    ModelEdit coded = ModelEdit.of(weights);
    float[] table = Float8.table(type);
    for (String name : plain.names()) {
      if (!name.contains("_proj")) {
        continue;
      }
      ModelEdit.Tensor tensor = plain.get(name);
      int rows = Math.toIntExact(tensor.shape().get(0));
      int columns = Math.toIntExact(tensor.shape().get(1));
      int down = Math.ceilDiv(rows, blockRows);
      int across = Math.ceilDiv(columns, blockColumns);
      ByteBuffer scales = ByteBuffer.allocate(4 * down * across).order(ByteOrder.LITTLE_ENDIAN);
      for (int i = 0; i < down * across; i++) {
        scales.putFloat(4 * i, Math.scalb(1f, -12 - i % 5)); // exact in BF16 with 3 more bits
      }
      byte[] codes = new byte[rows * columns];
      ByteBuffer values = ByteBuffer.allocate(2 * rows * columns).order(ByteOrder.LITTLE_ENDIAN);
      for (int i = 0; i < codes.length; i++) {
        int code = (i * 37 + name.hashCode()) & 0xff;
        codes[i] = (byte) (Float.isFinite(table[code]) ? code : 0);
        int block = i / columns / blockRows * across + i % columns / blockColumns;
        float value = table[codes[i] & 0xff] * scales.getFloat(4 * block);
        values.putShort(2 * i, (short) (Float.floatToRawIntBits(value) >>> 16));
      }
      coded.put(name, type, tensor.shape(), codes);
      coded.put(
          name.replace(".weight", scaleName),
          DType.F32,
          List.of((long) down, (long) across),
          scales.array());
      coded.put(name.replace(".weight", ".input_scale"), DType.F32, List.of(), new byte[4]);
      plain.put(name, tensor.dtype(), tensor.shape(), values.array());
    }
    Path twin = folder.resolve("twin");
    Files.createDirectories(twin);
    for (String file : List.of("config.json", "tokenizer.json")) {
      Files.copy(model.resolve(file), twin.resolve(file));
    }
    plain.write(twin.resolve("model.safetensors"));
    coded.write(weights);
    return twin;
  }

  private static void fp8(ObjectNode config, int rows, int columns) {
    ObjectNode quantization = config.putObject("quantization_config").put("quant_method", "fp8");
    quantization.putArray("weight_block_size").add(rows).add(columns);
  }

  @ParameterizedTest
  @CsvSource({"24, 20", "1, 1000000", "1000000, 1000000", "128, 128"})
  void weightsIn8BitFloatsAreReadWithTheirScales(int rows, int columns) throws IOException {
    boolean blocks = rows > 1 && rows < 1000;
    Path twin =
        float8(
            blocks ? DType.F8_E4M3 : DType.F8_E5M2,
            rows,
            columns,
            blocks ? ".weight_scale_inv" : ".weight_scale");
    ModelEdit.config(model, config -> fp8(config, blocks ? rows : 128, blocks ? columns : 128));
    assertEquals(perplexity(twin), perplexity(model));
    awp.run("inspect", model.toString(), "-q").assertExit(0).assertOut(" with scales");
    awp.run("diff", twin.toString(), model.toString(), "-q").assertExit(0);
    assertFalse(awp.out().contains("e-"), awp.out());
    compress().assertExit(0);
    assertWarned("are read as what they decode to, and written as BF16", "(fp8) is left out");
    assertFalse(config(out).has("quantization_config"));
    List<String> names = ModelEdit.of(out.resolve("model.safetensors")).names();
    assertEquals(12, names.size(), names::toString);
    Path coded = out;
    out = folder.resolve("plain");
    model = twin;
    compress().assertExit(0);
    ModelEdit a = ModelEdit.of(coded.resolve("model.safetensors"));
    ModelEdit b = ModelEdit.of(out.resolve("model.safetensors"));
    for (String name : names) {
      assertEquals(b.get(name).dtype(), a.get(name).dtype(), name);
      assertArrayEquals(b.get(name).bytes(), a.get(name).bytes(), name);
    }
  }

  @Test
  void scalesThatFitInNoWayAreRefused() throws IOException {
    float8(DType.F8_E4M3, 24, 20, ".weight_scale_inv");
    compress().assertRefused("which fits weights [");
    ModelEdit.config(model, config -> fp8(config, 24, 20));
    ModelEdit.of(weights)
        .remove("model.layers.0.mlp.up_proj.weight_scale_inv")
        .remove("model.layers.0.mlp.up_proj.input_scale")
        .write(weights);
    compress().assertRefused("up_proj.weight is stored as F8_E4M3, and has no scale");
  }

  /** A text model inside another: config.json, names on disk, and tensors beside it. */
  private void wrap(String architecture, String decoder, String head) throws IOException {
    ObjectNode text = (ObjectNode) config(model);
    text.remove("architectures");
    ObjectNode whole = JSON.createObjectNode();
    whole.putArray("architectures").add(architecture);
    whole.put("model_type", "wrapper").set("text_config", text);
    JSON.writeValue(model.resolve("config.json").toFile(), whole);
    ModelEdit.of(weights)
        .rename(n -> n.startsWith("model.") ? decoder + n.substring(6) : head + n.substring(7))
        .put(
            "vision_tower.encoder.layers.0.self_attn.q_proj.weight",
            DType.BF16,
            List.of(8L, 8L),
            new byte[128])
        .put("multi_modal_projector.linear_1.weight", DType.BF16, List.of(8L, 8L), new byte[128])
        .write(weights);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"language_model.model.", "model.language_model.", "model.text_model.", "text."})
  void theLanguageModelOfAWrapperIsFoundByItsEmbedding(String decoder) throws IOException {
    String alone = perplexity(model);
    boolean older = decoder.startsWith("language_model.");
    wrap("LlavaForConditionalGeneration", decoder, older ? "language_model.lm_head" : "lm_head");
    assertEquals(alone, perplexity(model));
  }

  @Test
  void outputsOfAWrapperKeepItsNames() throws IOException {
    wrap("Mistral3ForConditionalGeneration", "model.language_model.", "lm_head");
    compress("--format", "dense,gguf").assertExit(0);
    assertWarned("2 tensors that are no part of the text model are not written (");
    List<String> names = ModelEdit.of(out.resolve("dense/model.safetensors")).names();
    for (String name :
        List.of(
            "model.language_model.layers.0.mlp.up_proj.weight",
            "multi_modal_projector.linear_1.weight")) {
      assertTrue(names.contains(name), names::toString);
    }
    awp.run("verify", out.toString(), "-q").assertExit(0);
    out = folder.resolve("packed");
    packed("compressed-tensors").assertExit(0);
    JsonNode ignored = config(out).path("quantization_config").path("ignore");
    assertEquals("re:.*lm_head$", ignored.path(0).asText(), ignored::toString);
    String projector = "re:(model\\\\.)?multi_modal_projector\\\\.linear_1$";
    assertTrue(ignored.toString().contains(projector), ignored::toString);
    awp.run("verify", out.toString(), "-q").assertExit(0);
    perplexity(out);
  }

  @Test
  void gemmaSavedWithModuleNamesIsTheSameModel() throws IOException {
    model = folder.resolve("gemma");
    weights = model.resolve("model.safetensors");
    GeneratedArchitectures.write(model, "gemma3", DType.F32);
    String alone = perplexity(model);
    wrap("Gemma3ForConditionalGeneration", "model.language_model.", "lm_head");
    assertEquals(alone, perplexity(model));
  }

  @Test
  void aWrapperOfAnUnknownModelIsRefused() throws IOException {
    wrap("SomethingForConditionalGeneration", "model.language_model.", "lm_head");
    ModelEdit.config(
        model, config -> ((ObjectNode) config.path("text_config")).put("model_type", "gpt2"));
    compress().assertRefused("architecture SomethingForConditionalGeneration is not supported");
  }

  @Test
  void pythonsNumbersAreReadAndKept() throws IOException {
    Path file = model.resolve("config.json");
    String own = "{\"some_limit\":Infinity,\"other\":-Infinity,\"third\":NaN,";
    Files.writeString(file, Files.readString(file).replaceFirst("\\{", own));
    Path generation = model.resolve("generation_config.json");
    Files.writeString(generation, "{\"eos_token_id\":[1],\"penalty\":NaN}");
    compress("--format", "dense,gguf").assertExit(0);
    Path dense = out.resolve("dense");
    assertEquals(Files.readString(file), Files.readString(dense.resolve("config.json")));
    assertEquals(
        Files.readString(generation), Files.readString(dense.resolve("generation_config.json")));
    awp.run("generate", dense.toString(), "--prompt=A text", "--tokens=2", "-q").assertExit(0);
    // Where config.json is written anew, they are the same words.
    out = folder.resolve("packed");
    packed("awq").assertExit(0);
    String written = Files.readString(out.resolve("config.json"));
    for (String word : List.of(" : Infinity", " : -Infinity", " : NaN")) {
      assertTrue(written.contains(word), written);
    }
    awp.run("eval", out.toString(), text.toString(), "-q").assertExit(0);
  }

  @Test
  void aModelInAHubsCacheHasItsName() throws IOException {
    Path snapshots = folder.resolve("models--org--Tiny-Llama/snapshots");
    Files.createDirectories(snapshots);
    model = Files.move(model, snapshots.resolve("0123456789abcdef"));
    compress("--format", "gguf").assertExit(0);
    GgufValue name = GgufFile.read(out.resolve("model.gguf")).metadata().get("general.name");
    assertEquals(GgufValue.of("Tiny-Llama"), name);
    assertEquals("Tiny-Llama", ReportFile.read(out).options().get("model"));
  }
}
