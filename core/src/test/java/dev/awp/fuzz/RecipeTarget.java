// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.fuzz;

import dev.awp.compute.Compute;
import dev.awp.fixture.GeneratedCheckpoint;
import dev.awp.fixture.Terminal;
import dev.awp.recipe.RecipeFile;
import dev.awp.tensor.DType;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A recipe, through the command line to the plan of a run. */
final class RecipeTarget implements FuzzTarget {
  private static final int WHOLE = 64;
  private static final List<String> SEEDS =
      List.of(
          """
          sparsity: 2:4
          bits: 4
          group-size: 16
          layers:
            - match: "*.q_proj"
              bits: 8
            - blocks: 0
              sparsity: none
          """,
          """
          bits: 8
          max_shard_size: 10KB
          format: [dense, gptq]
          layers:
            - match: ["re:.*mlp.*", "*.o_proj"]
              blocks: {first: 1, last: 1}
              group-size: 8
          """);

  @Override
  public String name() {
    return "recipe";
  }

  @Override
  public Mutation mutation() {
    return new LineMutation(
        new ByteMutation(
            List.of(
                "&a ",
                "*a",
                "<<: ",
                "!!binary ",
                "[",
                "{",
                "- ",
                ": ",
                "#",
                "|\n",
                "\"",
                "'",
                "-1",
                "9223372036854775808",
                "1e400",
                "none",
                ".nan",
                "re:(a+)+$",
                "re:(",
                "blocks",
                "match",
                "bits",
                "sparsity",
                "symmetric",
                "solver",
                "\t",
                "--- ",
                "%YAML 9.9")));
  }

  @Override
  public Prepared prepare(Path folder, Compute compute) throws IOException {
    Path model = folder.resolve("model");
    new GeneratedCheckpoint(2, 16, 32, 2, 1, DType.BF16).write(model);
    Path text = Files.writeString(folder.resolve("text.txt"), "Some words. ".repeat(30));
    Path file = Files.createDirectories(folder.resolve("recipes")).resolve("recipe.yaml");
    String[] command = {
      "compress",
      model.toString(),
      folder.resolve("out").toString(),
      "--calibration=" + text,
      "--sequence-length=16",
      "--sequences=1",
      "--threads=1",
      "--recipe=" + file,
      "--dry-run",
      "--quiet"
    };
    return new Prepared(
        file,
        SEEDS.stream().map(seed -> seed.getBytes(StandardCharsets.UTF_8)).toList(),
        () -> {
          RecipeFile recipe = RecipeFile.read(file);
          if (recipe.flags().hashCode() % WHOLE != 0) {
            return; // a whole plan takes hundred times as long
          }
          Terminal awp = new Terminal().run(command);
          if (awp.err().contains("error of awp itself")
              || awp.exitCode() < 0
              || awp.exitCode() > 2) {
            throw new AssertionError(awp);
          }
        });
  }
}
