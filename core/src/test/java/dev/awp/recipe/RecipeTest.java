// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.recipe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.AwpException;
import dev.awp.constraint.NmSparsity;
import dev.awp.constraint.RowSparsity;
import dev.awp.model.InputSite;
import dev.awp.model.LinearLayer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which layers a rule selects, and which rule wins. */
class RecipeTest {
  private static final int BLOCKS = 12;
  private static final List<LinearLayer> LAYERS = layers();

  @TempDir private Path folder;

  private static List<LinearLayer> layers() {
    List<LinearLayer> layers = new ArrayList<>();
    for (int block = 0; block < BLOCKS; block++) {
      String prefix = "model.layers." + block;
      for (String name : List.of("self_attn.q_proj", "self_attn.k_proj")) {
        layers.add(new LinearLayer(prefix + "." + name, block, InputSite.ATTENTION_INPUT, 8, 8));
      }
      layers.add(new LinearLayer(prefix + ".mlp.down_proj", block, InputSite.MLP_OUTPUT, 8, 8));
    }
    layers.add(new LinearLayer("lm_head", BLOCKS, InputSite.HEAD_INPUT, 8, 8));
    return layers;
  }

  private Map<LinearLayer, LayerSettings> settle(boolean fused, String... rules)
      throws IOException {
    Path file =
        Files.writeString(folder.resolve("r.yaml"), "layers:\n- " + String.join("\n- ", rules));
    LayerSettings four = LayerSettings.builder().bits(new Choice.Fixed<>(4)).build();
    return new Recipe(four, RecipeFile.read(file).rules(), true, fused, Optional.empty())
        .settle(LAYERS, BLOCKS);
  }

  /** Names of the layers that a rule gives 8 bits. */
  private List<String> selected(String selector) throws IOException {
    return settle(false, "{" + selector + ", bits: 8}").entrySet().stream()
        .filter(entry -> entry.getValue().bits().given().equals(Optional.of(8)))
        .map(entry -> entry.getKey().name())
        .toList();
  }

  private void assertRefused(String rule, boolean fused, String... rules) {
    AwpException refusal = assertThrows(AwpException.class, () -> settle(fused, rules));
    assertTrue(refusal.getMessage().contains(rule), refusal.getMessage());
  }

  @Test
  void globsMatchNamesOrWhatFollowsADot() throws IOException {
    assertEquals(BLOCKS, selected("match: q_proj").size());
    assertEquals(BLOCKS, selected("match: 'mlp.*'").size());
    assertEquals(2 * BLOCKS, selected("match: '?_proj'").size());
    assertEquals(3 * BLOCKS, selected("match: '*_proj'").size());
    assertEquals(3 * BLOCKS + 1, selected("match: '*'").size());
    assertEquals(List.of("lm_head"), selected("match: lm_head"));
    // layers.1 is not layers.11, and no dot stands for anything but itself.
    assertEquals(3, selected("match: 'layers.1.*'").size());
    assertEquals(2 + BLOCKS, selected("match: ['layers.11.*_attn.*', down_proj]").size());
    assertRefused("'proj' matches no layer", false, "{match: proj, bits: 8}");
    assertRefused("line 2: the pattern 'self.attn*'", false, "{match: 'self.attn*', bits: 8}");
  }

  @Test
  void expressionsMatchWholeNamesWithinReason() throws IOException {
    assertEquals(2, selected("match: 're:.*\\.[37]\\.mlp\\..*'").size());
    assertRefused("matches no layer", false, "{match: 're:q_proj', bits: 8}");
    assertRefused("takes too long", false, "{match: 're:.*.*.*.*.*.*.*.*.*.*!', bits: 8}");
  }

  @Test
  void blocksCountFromBothEnds() throws IOException {
    assertEquals(9, selected("blocks: 0-2").size());
    assertEquals(
        List.of(
            "model.layers.0.mlp.down_proj",
            "model.layers.10.mlp.down_proj",
            "model.layers.11.mlp.down_proj"),
        selected("match: down_proj, blocks: '0,-2--1'"));
    assertEquals(
        selected("match: down_proj, blocks: '0,-2--1'"),
        selected("match: down_proj, blocks: {first: 1, last: 2}"));
    assertEquals(6, selected("blocks: [3, '5']").size());
    assertRefused("the model has blocks 0 to 11, not 3 to 12", false, "{blocks: 3-12, bits: 8}");
    assertRefused("not 4 to 3", false, "{blocks: 4-3, bits: 8}");
    assertRefused("not -13 to -1", false, "{blocks: {last: 13}, bits: 8}");
    assertRefused("both such a name and", false, "{match: lm_head, blocks: 0, bits: 8}");
  }

  @Test
  void laterRulesWinAndKeepWhatTheyDoNotName() throws IOException {
    Map<LinearLayer, LayerSettings> settled =
        settle(
            false,
            "{match: '*', bits: 3, group-size: 32, sparsity: 0.5}",
            "{match: q_proj, sparsity: 2:4, symmetric: true, solver: cd, effort: high}",
            "{blocks: 1, bits: none}",
            "{match: lm_head, ignore: true}",
            "{blocks: 2, ignore: true}",
            "{match: 'layers.2.mlp.*', ignore: false}");
    LayerSettings first = settled.get(LAYERS.getFirst());
    assertEquals(Optional.of(3), first.bits().given());
    assertEquals(Optional.of(new NmSparsity(2, 4)), first.sparsity().given());
    assertEquals(32, first.groupSize());
    assertEquals(Optional.of(true), first.symmetric());
    assertEquals(Optional.of("cd"), first.solver());
    assertEquals(Optional.of(new RowSparsity(0.5)), settled.get(LAYERS.get(1)).sparsity().given());
    assertEquals(Optional.empty(), settled.get(LAYERS.get(3)).bits().given());
    assertTrue(settled.get(LAYERS.get(6)).ignore());
    assertFalse(settled.get(LAYERS.get(8)).ignore());
    assertTrue(settled.get(LAYERS.getLast()).ignore());
    assertRefused("neither a sparsity nor bits", false, "{match: q_proj, bits: none}");
    assertRefused("there is nothing to do", false, "{match: '*', ignore: true}");
  }

  @Test
  void fusedLayersThatDifferAreNamedAllAtOnce() throws IOException {
    settle(true, "{match: down_proj, bits: 8}");
    assertRefused(
        "these do not: model.layers.0.self_attn.q_proj, model.layers.0.self_attn.k_proj,"
            + " model.layers.5.self_attn.q_proj",
        true,
        "{match: 're:.*[05].self_attn.q_proj', bits: 8}");
  }
}
