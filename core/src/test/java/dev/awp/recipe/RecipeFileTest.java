// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.recipe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.AwpException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a recipe may hold, and the sentence for what it may not. */
class RecipeFileTest {
  @TempDir private Path folder;

  private RecipeFile read(String yaml) throws IOException {
    return RecipeFile.read(Files.writeString(folder.resolve("r.yaml"), yaml));
  }

  private void assertRefused(String yaml, String rule) {
    AwpException refusal = assertThrows(AwpException.class, () -> read(yaml), yaml);
    String message = refusal.getMessage();
    assertTrue(message.contains(rule), message);
    assertTrue(message.startsWith(folder.resolve("r.yaml").toString()), message);
    assertTrue(message.length() < 600, message);
  }

  @Test
  void flagsKeepTheirOrderAndTheirText() throws IOException {
    RecipeFile recipe =
        read(
            """
            # comment
            sparsity: 2:4
            group_size: 64
            calibration: [a.txt, "b c.txt"]
            symmetric: true
            """);
    assertEquals(
        List.of("sparsity", "group-size", "calibration", "symmetric"),
        recipe.flags().stream().map(RecipeFile.Flag::name).toList());
    assertEquals(List.of("2:4"), recipe.flags().getFirst().values());
    assertEquals(List.of("a.txt", "b c.txt"), recipe.flags().get(2).values());
    assertTrue(recipe.flags().getLast().place().endsWith("r.yaml, line 5, key symmetric"));
    assertEquals(List.of(), recipe.rules());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          bits: 5                                    | line 1, key bits: a grid has 2, 3, 4 or 8 bits, not 5
          bits: four                                 | key bits: 'four' is not a whole number
          group-size: -1                             | key group-size: a group has at least 1 column
          sparsity: 1.5                              | key sparsity: the share of zeros must lie between 0 and 1
          sparsity: 5:4                              | key sparsity: a pattern N:M keeps
          sparsity: much                             | key sparsity: 'much' is neither
          solver: best                               | key solver: there is no solver best; these are: auto, admm
          effort: huge                               | key effort: the effort is low, normal or high
          symmetric: yes                             | key symmetric: 'yes' is neither true nor false
          {bits: 4, bits: 3}                         | the key bits stands there twice
          {group_size: 4, group-size: 3}             | the key group-size stands there twice
          [bits, 4]                                  | line 1: a recipe is a mapping
          bits:                                      | line 1, key bits: a value is missing
          bits: [4, {a: b}]                          | line 1, key bits: a value is missing
          ? [a, b]                                   | not YAML: Non scalar key
          layers: 4                                  | key layers: a list is expected
          layers: [4]                                | a rule is a mapping
          layers: [{match: a, bit: 4}]               | key bit: a rule has the keys match, blocks, ignore, sparsity, bits
          layers: [{match: a, bits: 7}]              | key bits: a grid has 2, 3, 4 or 8 bits, not 7
          layers: [{match: a, sequences: 7}]         | key sequences: a rule has the keys
          layers: [{bits: 4}]                        | a rule needs match, blocks, or both
          layers: [{match: a}]                       | this rule sets nothing
          layers: [{match: 're:(', bits: 4}]         | key match: 're:(' is no regular expression
          layers: [{match: [], bits: 4}]             | key match: the list is empty
          layers: [{blocks: 1..2, bits: 4}]          | key blocks: '1..2' is no list of blocks
          layers: [{blocks: {first: 0}, bits: 4}]    | key first: a number of blocks is at least 1
          layers: [{blocks: {middle: 1}, bits: 4}]   | key middle: blocks has the keys first and last
          a: &x [1]                                  | line 1: anchors and aliases
          a: *x                                      | line 1: anchors and aliases
          {a: 1                                      | line 1: not YAML
          bits: !!java.io.File x                     | line 1, key bits: a value is missing
          a: [[[[[[[[[]]]]]]]]]                      | line 1: nothing here is nested that deep
          """)
  void whatIsWrongIsToldWithFileLineAndKey(String yaml, String rule) {
    assertRefused(yaml, rule);
  }

  @Test
  void bombsAreRefusedBeforeTheyAreBuilt() throws IOException {
    assertRefused("# " + "x".repeat(300_000), "at most 256 KiB");
    assertRefused("a: " + "[".repeat(100_000), "nested that deep");
    assertRefused("a: 1\n---\nb: 2\n", "not YAML");
    assertRefused("", "the file is empty");
    Path binary = folder.resolve("r.yaml");
    Files.write(binary, "a: \u00e9".getBytes(StandardCharsets.ISO_8859_1));
    assertTrue(
        assertThrows(AwpException.class, () -> RecipeFile.read(binary))
            .getMessage()
            .contains("not UTF-8"));
    assertTrue(
        assertThrows(AwpException.class, () -> RecipeFile.read(folder.resolve("none.yaml")))
            .getMessage()
            .contains("cannot be read"));
  }
}
