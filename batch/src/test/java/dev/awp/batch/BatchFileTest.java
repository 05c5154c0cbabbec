// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.batch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.AwpException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BatchFileTest {
  @TempDir private Path folder;

  @BeforeEach
  void writeRecipe() throws IOException {
    Files.writeString(folder.resolve("three.yaml"), "bits: 3\nsequences: 5\n");
  }

  private BatchFile read(String yaml) throws IOException {
    Path file = folder.resolve("jobs.yaml");
    Files.writeString(file, yaml);
    return BatchFile.read(file);
  }

  @Test
  void everyModelGoesWithEveryRecipe() throws IOException {
    BatchFile file =
        read(
            """
            models: [a, "b.gguf"]
            output: "out/{model}-{recipe}"
            calibration: text.txt
            recipes:
            - {name: w4, bits: 4}
            - {name: half, sparsity: 0.5}
            """);
    assertEquals(
        List.of("a+w4", "a+half", "b+w4", "b+half"),
        file.runs().stream().map(BatchRun::name).toList());
    assertEquals(
        List.of(
            folder.resolve("a").toString(),
            folder.resolve("out/a-w4").toString(),
            "--calibration=" + folder.resolve("text.txt"),
            "--bits=4"),
        file.runs().getFirst().words());
    assertEquals(folder.resolve("jobs-batch"), file.results());
  }

  @Test
  void whatIsNearerToTheRecipeWins() throws IOException {
    BatchFile file =
        read(
            """
            models:
            - {path: a, sequences: 2}
            - {name: z, path: b}
            output: "{model}-{recipe}"
            calibration: text.txt
            sequences: 1
            seed: 7
            recipes:
            - {name: w4, bits: 4}
            - {name: own, bits: 4, sequences: 3}
            - three.yaml
            - {recipe: three.yaml, name: other, sequences: 4}
            """);
    assertEquals(
        Map.of(
            "a+w4", "2", "a+own", "3", "a+three", "5", "a+other", "4", "z+w4", "1", "z+own", "3",
            "z+three", "5", "z+other", "4"),
        file.runs().stream()
            .collect(
                Collectors.toMap(
                    BatchRun::name,
                    run -> Integer.toString(run.options().calibration().sequences()))));
    assertTrue(file.runs().stream().allMatch(run -> run.options().calibration().seed() == 7));
  }

  @Test
  void rulesBecomeARecipeOfTheirOwnThatIsLeftAloneWhereItStands() throws IOException {
    String yaml =
        """
        models: [a]
        output: out
        calibration: text.txt
        recipes:
        - name: mixed
          bits: 4
          layers:
          - {match: [down_proj, "re:.*up_proj"], bits: 8}
          - {blocks: {first: 1}, ignore: true}
        """;
    BatchRun run = read(yaml).runs().getFirst();
    Path rules = folder.resolve("jobs-batch/rules/mixed.yaml");
    assertTrue(run.words().contains("--recipe=" + rules));
    assertEquals(2, run.options().recipe().rules().size());
    FileTime old = FileTime.fromMillis(1_000_000_000_000L);
    Files.setLastModifiedTime(rules, old);
    read(yaml);
    assertEquals(old, Files.getLastModifiedTime(rules));
  }

  @Test
  void aBatchWithoutRecipesIsOneRecipe() throws IOException {
    BatchFile file = read("models: [a]\noutput: out\ncalibration: t\nbits: 4\n");
    assertEquals(List.of("a+jobs"), file.runs().stream().map(BatchRun::name).toList());
  }

  @Test
  void settingsOfSparkAreKeptToTheLetter() throws IOException {
    BatchFile file =
        read(
            """
            models: [a]
            output: out
            calibration: t
            bits: 4
            spark: {spark.executorEnv.A_B: x, spark.executor.cores: 4}
            """);
    assertEquals(Map.of("spark.executorEnv.A_B", "x", "spark.executor.cores", "4"), file.spark());
  }

  @Test
  void commandsAreThoseOfAShell() throws IOException {
    BatchFile file =
        read(
            "models: [\"a b\"]\noutput: out\ncalibration: t\nbits: 4\nrecipes:\n- {name: x}\n"
                .replace("[\"a b\"]", "[{name: ab, path: \"a b\"}]"));
    assertEquals(
        "compress '%s' %s --calibration=%s --bits=4%n"
            .formatted(folder.resolve("a b"), folder.resolve("out"), folder.resolve("t")),
        file.commands());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          output: out                                            | the key models is missing
          models: [a]                                            | the key output is missing
          models: a                                              | line 1, key models: a list is expected
          models: [[a]]                                          | line 1, key models: each is a path
          models: []                                             | line 1, key models: the list is empty
          models: [{name: a}]                                    | line 1: a model has a path
          models: [{path: a, layers: []}]                        | line 1, key layers: rules belong to recipes
          models: [{path: a, bitz: 3}]                           | line 1, key bitz: there is no such key
          models: [a, b/a]                                       | line 1, key models: two of the models are called a
          models: [a+b]                                          | 'a+b' is no name of letters
          models: [{name: .., path: a}]                          | '..' is no name of letters
          models: [{path: "a\\tb", name: a}]                      | key path: 'a b' has line breaks or the like
          models: [a]; bitz: 3                                   | line 2, key bitz: there is no such key
          models: [a]; bits: 5                                   | line 2, key bits
          models: [a]; bits: 4; bits: 4                          | line 3: the key bits stands there twice
          models: [a]; dry-run: true                             | line 2, key dry-run: there is no such key
          models: [a]; recipe: x.yaml                            | line 2, key recipe: there is no such key
          models: [a]; sequences: few                            | line 2, key sequences
          models: [a]; recipes: [{bits: 4}]                      | line 2: a recipe has a name, or is a file
          models: [a]; recipes: [{name: x, bits: 4}, {name: x, bits: 3}] | line 2: two of the recipes are called x
          models: [a]; recipes: []                               | line 2, key recipes: the list is empty
          models: [a]; recipes: [none.yaml]                      | none.yaml: cannot be read
          models: [a]; recipes: [{name: x}]                      | jobs.yaml, run a+x: say what to do
          models: [a]; recipes: [{name: x, bits: 4, target-bits: 3}] | run a+x: a target decides about this itself
          models: [a]; recipes: [{name: x, recipe: three.yaml, layers: [{match: q, bits: 4}]}] | line 2, key layers: rules stand here or in the recipe's file
          models: [a]; recipes: [{name: x, layers: [{match: q}]}] | line 2: this rule sets nothing
          models: [a]; layers: [{match: q, bits: 4}]; recipes: [three.yaml] | line 2, key layers: beside recipes
          models: [a, b]; bits: 4                                | is the output of a+jobs and of b+jobs
          models: [a]; bits: 4; spark: {executor.cores: 4}       | line 3, key spark: executor.cores is no setting of Spark
          models: [a]; bits: 4; spark: 4                         | line 3, key spark: a mapping of keys to values
          models: [a]; bits: 4; spark: {spark.task.cpus: 2}      | spark.task.cpus is the cores of a run, which --cores-per-run says
          models: [a]; bits: 4; spark: {spark.speculation: true} | spark.speculation would run a compression twice
          """)
  void whatIsWrongIsToldInASentence(String yaml, String rule) {
    String text = yaml.replace("; ", "\n") + "\n";
    String whole =
        yaml.startsWith("output") || yaml.equals("models: [a]")
            ? text
            : text + "output: out\n" + (yaml.contains("calibration") ? "" : "calibration: t\n");
    String message = assertThrows(AwpException.class, () -> read(whole)).getMessage();
    assertTrue(message.contains(rule), message);
    assertEquals(1, message.lines().count());
  }

  @Test
  void anOutputIsNotWhereAnotherRunWorks() {
    String message =
        assertThrows(
                AwpException.class,
                () ->
                    read(
                        """
                        models: [a]
                        output: "out-{recipe}"
                        calibration: t
                        recipes: [{name: x, bits: 4}, {name: x.partial, bits: 3}]
                        """))
            .getMessage();
    assertTrue(
        message.endsWith("is the output of a+x.partial, and where a+x works until it is finished"),
        message);
  }

  @Test
  void aHoleThatStandsForNothingIsRefused() {
    String message =
        assertThrows(
                AwpException.class,
                () -> read("models: [a]\noutput: \"{x}\"\nbits: 4\ncalibration: t\n"))
            .getMessage();
    assertTrue(message.endsWith("{x} stands for nothing; {model} and {recipe} do"), message);
    assertFalse(Files.exists(folder.resolve("jobs-batch")));
  }
}
