// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.walk;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.awp.compute.Compute;
import dev.awp.disk.Folders;
import dev.awp.fixture.GgufModels;
import dev.awp.fixture.ModelEdit;
import dev.awp.fixture.Terminal;
import dev.awp.gguf.block.BlockType;
import dev.awp.gguf.file.GgufFile;
import dev.awp.report.ReportFile;
import dev.awp.report.RunReport;
import dev.awp.tensor.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Output heads that are compressed: their place in every format, tied to the embeddings or not. */
class CompressedHeadTest {
  private static final String EMBEDDING = "model.embed_tokens.weight";
  private static final int VOCABULARY = 288;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Terminal awp = new Terminal();

  @TempDir private Path folder;

  private Path model;
  private Path out;
  private Path text;

  @BeforeEach
  void writeModel() throws IOException {
    model = folder.resolve("model");
    out = folder.resolve("out");
    GgufModels.writeFolder(model, 1, 64, 96);
    pad();
    text = Files.writeString(folder.resolve("text.txt"), "Some words to calibrate on. ".repeat(40));
  }

  /** Words take a vocabulary in multiples of 32. */
  private void pad() throws IOException {
    Path weights = model.resolve("model.safetensors");
    ModelEdit edit = ModelEdit.of(weights);
    for (String name : List.of(EMBEDDING, "lm_head.weight")) {
      byte[] padded = Arrays.copyOf(edit.get(name).bytes(), VOCABULARY * 64 * Float.BYTES);
      edit.put(name, DType.F32, List.of((long) VOCABULARY, 64L), padded);
    }
    edit.write(weights);
    ModelEdit.config(model, config -> config.put("vocab_size", VOCABULARY));
  }

  private void tie() throws IOException {
    Path weights = model.resolve("model.safetensors");
    ModelEdit.of(weights).remove("lm_head.weight").write(weights);
    ModelEdit.config(model, config -> config.put("tie_word_embeddings", true));
  }

  private Terminal compress(String... more) {
    List<String> typed =
        new ArrayList<>(
            List.of("compress", "" + model, "" + out, "--lm-head", "--calibration=" + text));
    typed.addAll(List.of("--sequences=2", "--sequence-length=32", "--solver=rtn", "-q"));
    typed.addAll(List.of("--evaluate=" + text, "--evaluate-length=32"));
    typed.addAll(List.of(more));
    return awp.run(typed);
  }

  private JsonNode config() throws IOException {
    return JSON.readTree(out.resolve("config.json").toFile());
  }

  private ModelEdit tensors() {
    return ModelEdit.of(out.resolve("model.safetensors"));
  }

  /** Everything of awp's that reads a model reads this one as it was when it was written. */
  private RunReport assertRead(Path written, boolean tied) {
    return assertRead(written, "lm_head", tied);
  }

  /** The same, for an output whose head has that name and was taken off the embedding or not. */
  private RunReport assertRead(Path written, String head, boolean tied) {
    RunReport report = ReportFile.read(out);
    assertEquals(head, report.layers().getLast().name());
    assertEquals(8, report.layers().size());
    assertEquals(
        tied ? 1 : 0,
        report.warnings().stream()
            .filter(w -> w.startsWith("lm_head.weight is tied to " + EMBEDDING))
            .count(),
        report.warnings()::toString);
    awp.run("eval", "" + written, "" + text, "--sequence-length=32", "-q").assertExit(0);
    awp.assertOut(
        String.format(Locale.ROOT, "perplexity %.4f", report.perplexity().getFirst().after()));
    awp.run("verify", "" + out, "-q").assertExit(0);
    awp.run("generate", "" + written, "--prompt=Some", "--tokens=2", "-q").assertExit(0);
    return report;
  }

  @ParameterizedTest
  @CsvSource({
    "compressed-tensors, true",
    "compressed-tensors, false",
    "gptq, true",
    "gptq, false",
    "gptq-v2, true",
    "dense, true",
    "dense, false"
  })
  void foldersHoldIt(String format, boolean tied) throws IOException {
    if (tied) {
      tie();
    }
    byte[] embedding = ModelEdit.of(model.resolve("model.safetensors")).get(EMBEDDING).bytes();
    compress("--format=" + format, "--bits=4", "--symmetric", "--group-size=32").assertExit(0);
    assertRead(out, tied);
    awp.run("inspect", "" + out, "-q").assertExit(0).assertOut("lm_head");
    awp.run("diff", "" + model, "" + out, "-q").assertExit(0).assertOut("lm_head");
    assertFalse(config().path("tie_word_embeddings").booleanValue());
    assertArrayEquals(embedding, tensors().get(EMBEDDING).bytes());
    JsonNode quantization = config().path("quantization_config");
    if (format.equals("dense")) {
      assertTrue(quantization.isMissingNode());
      assertEquals(List.of(VOCABULARY, 64), shape("lm_head.weight"));
      return;
    }
    assertFalse(tensors().names().contains("lm_head.weight"));
    if (format.startsWith("gptq")) {
      assertTrue(quantization.path("lm_head").booleanValue());
      assertEquals(List.of(64 / 8, VOCABULARY), shape("lm_head.qweight"));
      assertEquals(List.of(64 / 32, VOCABULARY / 8), shape("lm_head.qzeros"));
      assertEquals(List.of(64 / 32, VOCABULARY), shape("lm_head.scales"));
      assertEquals(List.of(64), shape("lm_head.g_idx"));
      assertTrue(
          ReportFile.read(out).warnings().stream().anyMatch(w -> w.contains("lm_head is packed")));
    } else {
      assertEquals("[]", quantization.path("ignore").toString());
      assertEquals(
          "[\"Linear\",\"lm_head\"]", quantization.at("/config_groups/group_0/targets").toString());
      assertEquals(List.of(VOCABULARY, 64 / 8), shape("lm_head.weight_packed"));
      assertEquals(List.of(VOCABULARY, 64 / 32), shape("lm_head.weight_scale"));
    }
  }

  private List<Integer> shape(String tensor) {
    return tensors().get(tensor).shape().stream().map(Math::toIntExact).toList();
  }

  @Test
  void ggufHoldsItOnItsOwnGrid() throws IOException {
    compress("--format=gguf", "--gguf-type=Q5_1").assertExit(0);
    Path file = out.resolve("model.gguf");
    RunReport report = assertRead(file, false);
    assertTrue(report.layers().getLast().constraint().startsWith("Q5_1"));
    GgufFile written = GgufFile.read(file);
    assertEquals(Optional.of(BlockType.Q5_1), type(written, "output.weight"));
    assertEquals(Optional.of(BlockType.F16), type(written, "token_embd.weight"));
  }

  @Test
  void ggufHasATiedOneInThePlaceOfTheEmbedding() throws IOException {
    tie();
    compress("--format=gguf", "--gguf-type=Q5_1").assertExit(0);
    Path file = out.resolve("model.gguf");
    assertRead(file, "model.embed_tokens", false);
    assertTiedHead(file);
  }

  @Test
  void aGgufFileOfATiedModelStaysTied() throws IOException {
    tie();
    try (Compute compute = Compute.create(1)) {
      model = GgufModels.convert(model, folder.resolve("plain"), compute);
    }
    out = folder.resolve("out.gguf");
    compress("--gguf-type=Q5_1").assertExit(0);
    assertRead(out, "model.embed_tokens", false);
    assertTiedHead(out);
  }

  private static void assertTiedHead(Path file) {
    GgufFile written = GgufFile.read(file);
    assertTrue(written.tensor("output.weight").isEmpty());
    assertEquals(Optional.of(BlockType.Q5_1), type(written, "token_embd.weight"));
  }

  private static Optional<BlockType> type(GgufFile file, String tensor) {
    return file.tensor(tensor).orElseThrow().type();
  }

  /** 4 bits for all layers, and something else for the head. */
  private Path recipe(String head) throws IOException {
    return Files.writeString(
        folder.resolve("recipe.yaml"),
        """
        bits: 4
        symmetric: true
        group-size: 32
        layers:
        - {match: lm_head, %s}
        """
            .formatted(head));
  }

  @Test
  void itMayHaveASchemeOfItsOwn() throws IOException {
    tie();
    Path recipe = recipe("bits: 8");
    compress("--format=compressed-tensors", "--recipe=" + recipe).assertExit(0);
    assertRead(out, true);
    JsonNode groups = config().at("/quantization_config/config_groups");
    assertEquals("[\"lm_head\"]", groups.at("/group_1/targets").toString());
    assertEquals(8, groups.at("/group_1/weights/num_bits").intValue());
    assertEquals("[]", config().at("/quantization_config/ignore").toString());
  }

  @Test
  void prunedItIsAnOrdinaryTensorThatReadersAreToldToIgnore() throws IOException {
    Path recipe = recipe("bits: none, sparsity: 0.5, solver: wanda");
    compress("--format=compressed-tensors", "--recipe=" + recipe).assertExit(0);
    assertRead(out, false);
    assertEquals("[\"lm_head\"]", config().at("/quantization_config/ignore").toString());
    assertEquals(DType.F32, tensors().get("lm_head.weight").dtype());
  }

  @Test
  void formatsWithoutAPlaceForItRefuseIt() {
    compress("--format=awq", "--bits=4", "--group-size=32")
        .assertRefused("--format awq: lm_head: readers of this format leave the output head");
  }

  @Test
  void savedMomentsOfATiedModelHaveThoseOfItsInputs() throws IOException {
    tie();
    Path compared = folder.resolve("compared");
    List<String> typed = new ArrayList<>(List.of("compare", "" + model, "--output=" + compared));
    typed.addAll(List.of("--bits=8", "--methods=rtn", "--calibration=" + text, "--sequences=2"));
    typed.addAll(List.of("--sequence-length=32", "--evaluate=" + text, "-q"));
    awp.run(typed).assertExit(0);
    compress("--bits=4", "--propagate=dense").assertExit(0);
    byte[] calibrated = Files.readAllBytes(out.resolve("model.safetensors"));
    Folders.delete(out);
    compress("--bits=4", "--statistics=" + compared.resolve("statistics")).assertExit(0);
    assertArrayEquals(calibrated, Files.readAllBytes(out.resolve("model.safetensors")));
  }
}
