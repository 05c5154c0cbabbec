// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format.gguf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.checkpoint.Checkpoint;
import dev.awp.checkpoint.registry.Checkpoints;
import dev.awp.fixture.GeneratedCheckpoint;
import dev.awp.gguf.GgufValue;
import dev.awp.model.ModelLayout;
import dev.awp.tensor.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GgufCardTest {
  @TempDir private Path folder;
  private Path model;

  @BeforeEach
  void generate() throws IOException {
    model = folder.resolve("models--some-lab--Tiny-40K-Chat-v1.5/snapshots/0123");
    Files.createDirectories(model);
    new GeneratedCheckpoint(1, 32, 32, 2, 2, DType.BF16).write(model);
  }

  private void card(String text) throws IOException {
    Files.writeString(model.resolve("README.md"), text);
  }

  private Map<String, GgufValue> keys() {
    try (Checkpoint checkpoint = Checkpoints.open(model)) {
      return GgufCard.of(checkpoint, ModelLayout.of(checkpoint.config()));
    }
  }

  @Test
  void aNameTellsItsParts() {
    assertEquals(
        Map.of(
            "general.basename", GgufValue.of("Tiny"),
            "general.finetune", GgufValue.of("Chat"),
            "general.version", GgufValue.of("v1.5"),
            "general.organization", GgufValue.of("some-lab"),
            "general.size_label", GgufValue.of("40K")),
        keys());
  }

  @Test
  void whatTheCardSaysStands() throws IOException {
    card(
        """
        ---
        license: other
        license_name: free
        language:
        - en
        - no
        pipeline_tag: text-generation
        tags: [small, chat]
        version: 2
        ---
        # A model
        """);
    Map<String, GgufValue> keys = keys();
    assertEquals(GgufValue.of("other"), keys.get("general.license"));
    assertEquals(GgufValue.of("free"), keys.get("general.license.name"));
    assertEquals(GgufValue.texts(List.of("en", "no")), keys.get("general.languages"));
    assertEquals(
        GgufValue.texts(List.of("small", "chat", "text-generation")), keys.get("general.tags"));
    assertEquals(GgufValue.of("2"), keys.get("general.version"));
    assertFalse(keys.containsKey("general.license.link"));
  }

  @Test
  void settingsOfGenerationAreDefaultsOfSampling() throws IOException {
    Files.writeString(
        model.resolve("generation_config.json"),
        "{\"top_k\": 20, \"top_p\": 0.8, \"temperature\": 0.7, \"repetition_penalty\": 1.1}");
    Map<String, GgufValue> keys = keys();
    assertEquals(GgufValue.signed(20), keys.get("general.sampling.top_k"));
    assertEquals(GgufValue.of(0.8f), keys.get("general.sampling.top_p"));
    assertEquals(GgufValue.of(0.7f), keys.get("general.sampling.temp"));
    assertEquals(GgufValue.of(1.1f), keys.get("general.sampling.penalty_repeat"));
  }

  @Test
  void aCardThatIsNoneIsLeftOutAndTold() throws IOException {
    card("---\nlicense: [unclosed\n---\n");
    assertFalse(keys().containsKey("general.license"));
    assertTrue(ModelCard.of(model).warning().orElseThrow().contains("README.md"));
    card("---\na: &a [x, x]\nb: [*a, *a]\n---\n");
    assertTrue(ModelCard.of(model).warning().isPresent());
    for (String none : List.of("", "# Title\n", "---\n- a list\n---\n", "---\n")) {
      card(none);
      assertTrue(ModelCard.of(model).values().isEmpty());
      assertTrue(ModelCard.of(model).warning().isEmpty());
    }
  }
}
