// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format.compressedtensors;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.config.TensorNames;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Patterns for modules against the names that versions of transformers give them. */
class ModuleMatchTest {
  private static final List<TensorNames> WRAPPERS =
      List.of(
          TensorNames.under("language_model."),
          new TensorNames("model.language_model.", "lm_head"));

  /** As Python's re.match: from the beginning on. */
  private static boolean matches(String pattern, String name) {
    assertTrue(pattern.startsWith("re:"), pattern);
    return Pattern.compile(pattern.substring(3)).matcher(name).lookingAt();
  }

  @Test
  void aModelOfNothingElseHasNames() {
    ModuleMatch match = new ModuleMatch(TensorNames.under(""));
    assertEquals("model.layers.0.mlp.up_proj", match.of("model.layers.0.mlp.up_proj"));
    assertEquals("lm_head", match.of("lm_head"));
  }

  @Test
  void blocksAreFoundUnderEveryName() {
    for (TensorNames names : WRAPPERS) {
      String pattern = new ModuleMatch(names).of(names.block(1) + "self_attn.q_proj");
      for (String holder :
          List.of("language_model.model.", "model.language_model.", "language_model.")) {
        assertTrue(matches(pattern, holder + "layers.1.self_attn.q_proj"), pattern);
        assertFalse(matches(pattern, holder + "layers.11.self_attn.q_proj"), pattern);
        assertFalse(matches(pattern, holder + "layers.1.self_attn.q_proj.x"), pattern);
      }
      assertFalse(matches(pattern, "model.vision_tower.layers.1.self_attn.q_proj"), pattern);
    }
  }

  /** Transformers calls it "model", whatever the files say. */
  @Test
  void aModuleOfAnotherNameIsFoundUnderTheUsualOneToo() {
    TensorNames names = new TensorNames("backbone.", "embeddings", "lm_head", false);
    String pattern = new ModuleMatch(names).of(names.block(1) + "mixer.up_proj");
    for (String holder : List.of("backbone.", "model.")) {
      assertTrue(matches(pattern, holder + "layers.1.mixer.up_proj"), pattern);
      assertFalse(matches(pattern, holder + "layers.1.mixer.up_proj.x"), pattern);
    }
    assertFalse(matches(pattern, "mtp.layers.1.mixer.up_proj"), pattern);
    assertTrue(matches(new ModuleMatch(names).of("lm_head"), "lm_head"));
  }

  @Test
  void headsAndOtherModulesAreFoundUnderEveryName() {
    for (TensorNames names : WRAPPERS) {
      ModuleMatch match = new ModuleMatch(names);
      for (String head : List.of("lm_head", "language_model.lm_head")) {
        assertTrue(matches(match.of(names.head()), head));
        assertTrue(matches(match.of("lm_head"), head));
      }
      for (String tower : List.of("vision_tower.layers.1.fc1", "model.vision_tower.layers.1.fc1")) {
        assertTrue(matches(match.of("vision_tower.layers.1.fc1"), tower));
        assertTrue(matches(match.of("model.vision_tower.layers.1.fc1"), tower));
        assertFalse(matches(match.of("vision_tower.layers.1.fc"), tower));
      }
    }
  }
}
