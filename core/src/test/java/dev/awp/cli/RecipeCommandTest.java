// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.awp.checkpoint.safetensors.SafetensorsCheckpoint;
import dev.awp.fixture.GeneratedCheckpoint;
import dev.awp.fixture.OutputFolders;
import dev.awp.fixture.Terminal;
import dev.awp.recipe.RecipeFile;
import dev.awp.report.LayerReport;
import dev.awp.report.ReportFile;
import dev.awp.report.RunReport;
import dev.awp.tensor.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Recipes, budgets and dry runs as a person types them. */
class RecipeCommandTest {
  @TempDir private Path folder;
  private Path model;
  private Path text;
  private final Terminal awp = new Terminal();

  @BeforeEach
  void generate() throws IOException {
    model = folder.resolve("model");
    new GeneratedCheckpoint(3, 32, 48, 2, 1, DType.BF16).write(model);
    text =
        Files.writeString(folder.resolve("text.txt"), "A text of some words, again. ".repeat(99));
  }

  private Terminal compress(String output, String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of("compress", model.toString(), folder.resolve(output).toString(), "--quiet"));
    arguments.addAll(List.of(more));
    return awp.run(arguments);
  }

  private RunReport compressed(String output, String... more) {
    compress(output, more).assertExit(0);
    return ReportFile.read(folder.resolve(output));
  }

  private String recipe(String yaml) throws IOException {
    String windows = "calibration: text.txt\nsequences: 8\nsequence-length: 32\n";
    return "--recipe=" + Files.writeString(folder.resolve("r.yaml"), windows + yaml);
  }

  private void assertRefused(Terminal ended, String rule) throws IOException {
    ended.assertRefused(rule);
    assertNothingWritten();
  }

  private void assertNothingWritten() throws IOException {
    OutputFolders.assertNone(folder, "out");
  }

  private byte[] weights(String output) throws IOException {
    return Files.readAllBytes(folder.resolve(output).resolve("model.safetensors"));
  }

  private static Map<String, String> constraints(RunReport report) {
    Map<String, String> byLayer = new TreeMap<>();
    for (LayerReport layer : report.layers()) {
      byLayer.put(layer.name(), layer.constraint() + " by " + layer.solver());
    }
    return byLayer;
  }

  @Test
  void flagsAndTheRecipeThatSaysTheSameWriteTheSameBytes() throws IOException {
    String[] flags = {
      "--bits=3",
      "--sparsity=0.5",
      "--group-size=16",
      "--symmetric",
      "--solver=pgd",
      "--lm-head",
      "--iterations=7",
      "--propagate=dense",
      "--calibration",
      text.toString(),
      "--sequences=8",
      "--sequence-length=32",
      "--seed=5",
      "--evaluate",
      text.toString()
    };
    RunReport typed = compressed("out-typed", flags);
    RunReport read =
        compressed(
            "out-read",
            recipe(
                """
                bits: 3
                sparsity: 0.5
                group_size: 16
                symmetric: true
                solver: pgd
                lm_head: true
                iterations: 7
                propagate: dense
                seed: 5
                evaluate: [text.txt]
                """));
    assertArrayEquals(weights("out-typed"), weights("out-read"));
    assertEquals(typed.options(), read.options());
    assertEquals(typed.perplexity(), read.perplexity());
    // Rules for all layers are the same as defaults, too.
    compressed(
        "out-rules",
        recipe(
            """
            iterations: 7
            lm-head: true
            solver: pgd
            seed: 5
            propagate: dense
            layers:
            - match: '*'
              bits: 3
              sparsity: 0.5
              group-size: 16
              symmetric: true
            """));
    assertArrayEquals(weights("out-typed"), weights("out-rules"));
  }

  @Test
  void typedFlagsWinOverTheRecipeAndRulesOverBoth() throws IOException {
    String recipe =
        recipe(
            """
            bits: 3
            symmetric: true
            layers:
            - match: down_proj
              bits: 8
            - blocks: {first: 1}
              ignore: true
            - blocks: "-1"
              bits: none
              sparsity: 2:4
              solver: wanda
            """);
    RunReport report = compressed("out", recipe, "--bits=4", "--symmetric=false");
    Map<String, String> byLayer = constraints(report);
    assertEquals(14, byLayer.size());
    assertEquals("8 bit, groups of 128 by cd", byLayer.get("model.layers.1.mlp.down_proj"));
    assertEquals("4 bit, groups of 128 by cd", byLayer.get("model.layers.1.mlp.up_proj"));
    assertEquals("2:4 sparse by wanda", byLayer.get("model.layers.2.mlp.down_proj"));
    assertEquals(7, ((List<?>) report.options().get("leftAlone")).size());
    assertEquals(3, ((List<?>) report.options().get("rules")).size());
    // What was left alone is what it was.
    try (var before = SafetensorsCheckpoint.open(model);
        var after = SafetensorsCheckpoint.open(folder.resolve("out"))) {
      for (String name : List.of("model.layers.0.mlp.up_proj.weight", "lm_head.weight")) {
        assertEquals(-1, before.view(name).data().mismatch(after.view(name).data()), name);
      }
    }
  }

  @Test
  void badRecipesAreRefusedAtTheStart() throws IOException {
    assertRefused(
        compress("out", recipe("bits: 4\nbit: 3\n")), "r.yaml, line 5, key bit: there is no such");
    assertRefused(
        compress("out", recipe("bits: 4\nthreads: many\n")),
        "r.yaml, line 5, key threads: Invalid");
    assertRefused(compress("out", recipe("bits: 4\nseed: [1, 2]\n")), "r.yaml, line 5, key seed: ");
    assertRefused(compress("out", recipe("bits: 4\nrecipe: x\n")), "key recipe: there is no such");
    assertRefused(
        compress("out", recipe("layers:\n- match: q_porj\n  bits: 4\n")),
        "r.yaml, line 5: the pattern 'q_porj' matches no layer");
    assertRefused(
        compress("out", recipe("bits: 4\nlayers:\n- {match: k_proj, solver: wanda}\n")),
        "model.layers.0.self_attn.k_proj: the solver wanda cannot serve");
    compress("out", "--bits=4").assertExit(2);
    awp.assertErr("--calibration");
  }

  @Test
  void theHeadIsCompressedWhereItIsItsOwn() throws IOException {
    for (String propagate : List.of("compressed", "dense")) {
      RunReport report =
          compressed(
              "out-" + propagate,
              recipe("bits: 4\npropagate: " + propagate + "\nlm-head: true\nevaluate: text.txt\n"));
      LayerReport head = report.layers().getLast();
      assertEquals("lm_head", head.name());
      assertEquals(22, report.layers().size());
      assertTrue(head.relativeError() > 0 && head.relativeError() < 0.05, head.toString());
    }
    RunReport alone = compressed("out-alone", recipe("layers: [{match: '*', bits: 8}]\n"));
    assertEquals(21, alone.layers().size());
  }

  @Test
  void budgetsAreKept() throws IOException {
    JsonNode bits = plan("--target-bits=3.9", "--group-size=32", "--fused");
    assertTrue(bits.at("/totals/bitsPerWeight").doubleValue() <= 3.9, bits.toString());
    assertTrue(bits.at("/totals/bitsPerWeight").doubleValue() > 3.5, bits.toString());
    assertEquals(bits.at("/layers/0/constraint"), bits.at("/layers/2/constraint"));
    assertEquals(bits.at("/layers/4/constraint"), bits.at("/layers/5/constraint"));
    JsonNode zeros = plan("--target-sparsity=0.6");
    assertTrue(zeros.at("/totals/sparsity").doubleValue() >= 0.59, zeros.toString());
    long size = bits.at("/totals/packedBytes").longValue();
    JsonNode sized = plan("--target-size=" + size, "--group-size=32");
    assertTrue(sized.at("/totals/packedBytes").longValue() <= size, sized.toString());
    JsonNode uniform = plan("--target-bits=3.9", "--group-size=32", "--allocate=uniform");
    assertEquals("3 bit, groups of 32", uniform.at("/layers/7/constraint").textValue());
    compress("out", recipe(""), "--target-bits=1.5").assertExit(1);
    awp.assertErr("the fewest bits a weight");
    compress("out", recipe(""), "--target-size=1KB").assertExit(1);
    awp.assertErr("the smallest size that this recipe");
    compress("out", recipe(""), "--target-bits=4", "--bits=4").assertExit(2);
    compress("out", recipe(""), "--target-bits=4", "--target-sparsity=0.5").assertExit(2);
    compress("out", recipe(""), "--target-sparsity=1.5").assertExit(2);
    assertNothingWritten();
  }

  @Test
  void formatsWhoseReadersFuseShareSchemesByThemselves() throws IOException {
    JsonNode free = plan("--target-bits=4.2", "--group-size=16", "--symmetric");
    JsonNode fused =
        plan("--target-bits=4.2", "--group-size=16", "--symmetric", "--format=compressed-tensors");
    int apart = 0;
    for (int block = 0; block < 3; block++) {
      for (int[] pair : new int[][] {{0, 1}, {1, 2}, {4, 5}}) {
        String one = "/layers/" + (7 * block + pair[0]) + "/constraint";
        String other = "/layers/" + (7 * block + pair[1]) + "/constraint";
        assertEquals(fused.at(one), fused.at(other), fused.toString());
        apart += free.at(one).equals(free.at(other)) ? 0 : 1;
      }
    }
    assertTrue(apart > 0, "this model's budget gives all the same anyway: " + free);
    assertTrue(fused.at("/totals/bitsPerWeight").doubleValue() <= 4.2, fused.toString());
  }

  @Test
  void whatAReaderCannotFuseIsRefusedAtOnceBeforeAnythingIsMeasured() throws IOException {
    String rules = "layers: [{match: k_proj, bits: 8}, {match: 1.mlp.up_proj, symmetric: false}]\n";
    for (String what : List.of("target-bits: 4.5\n", "bits: 4\n")) {
      String yaml = what + "group-size: 16\nformat: compressed-tensors\n" + rules;
      compress("out", recipe(yaml)).assertExit(1);
      String message = awp.err();
      assertEquals(1, message.lines().count(), message);
      for (int block = 0; block < 3; block++) {
        for (String name : List.of("q_proj", "k_proj", "v_proj")) {
          assertTrue(message.contains("layers." + block + ".self_attn." + name), message);
        }
      }
      assertTrue(message.contains("layers.1.mlp.gate_proj"), message);
      assertTrue(message.contains("layers.1.mlp.up_proj"), message);
      assertFalse(message.contains("layers.0.mlp"), message);
      assertFalse(message.contains("measuring"), message);
      assertNothingWritten();
    }
  }

  /** The plan of a dry run as JSON. */
  private JsonNode plan(String... more) throws IOException {
    List<String> arguments = new ArrayList<>(List.of(recipe(""), "--dry-run", "--json"));
    arguments.addAll(List.of(more));
    compress("out", arguments.toArray(String[]::new)).assertExit(0);
    assertNothingWritten();
    return new ObjectMapper().readTree(awp.out());
  }

  @Test
  void aBudgetedRunWritesWhatItsDryRunPlans() throws IOException {
    String fixed = "target-bits: 4.5\ngroup-size: 16\nlayers: [{match: o_proj, bits: 8}]\n";
    compress("out", recipe(fixed), "--dry-run", "--json").assertExit(0);
    JsonNode plan = new ObjectMapper().readTree(awp.out());
    RunReport report = compressed("out", recipe(fixed));
    for (int i = 0; i < report.layers().size(); i++) {
      LayerReport layer = report.layers().get(i);
      assertEquals(plan.at("/layers/" + i + "/constraint").textValue(), layer.constraint());
      assertEquals(
          layer.name().endsWith("o_proj"),
          layer.name().endsWith("o_proj") && layer.constraint().startsWith("8 bit"));
    }
    assertTrue(report.options().get("budget").toString().contains("4.5"));
  }

  @Test
  void aDryRunPrintsAndWritesNothing() throws IOException {
    compress("out", recipe("sparsity: 0.5\nlayers: [{blocks: 0, ignore: true}]\n"), "--dry-run")
        .assertExit(0);
    String table = awp.out();
    assertTrue(table.contains("model.layers.1.self_attn.q_proj"), table);
    assertTrue(table.contains("50 % sparse"), table);
    assertTrue(table.contains("left alone: model.layers.0.self_attn.q_proj"), table);
    assertTrue(table.contains("14 layers; checkpoint"), table);
    assertTrue(table.contains("time: about 0:00:"), table);
    assertNothingWritten();
  }

  /** The recipe in the documentation is one. */
  @Test
  void theDocumentedExampleIsARecipe() throws IOException {
    String page = Files.readString(Path.of("..", "docs", "recipes.md"));
    int start = page.indexOf("```yaml\n") + "```yaml\n".length();
    String yaml = page.substring(start, page.indexOf("```", start));
    Path file = Files.writeString(folder.resolve("r.yaml"), yaml);
    RecipeFile recipe = RecipeFile.read(file);
    assertFalse(recipe.rules().isEmpty());
    compress(
            "out",
            "--recipe=" + file,
            "--calibration=" + text,
            "--evaluate=" + text,
            "--sequences=4",
            "--sequence-length=32",
            "--dry-run")
        .assertExit(0);
  }
}
