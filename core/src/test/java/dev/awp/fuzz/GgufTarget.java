// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.fuzz;

import dev.awp.compute.Compute;
import dev.awp.inspect.values.Inspection;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A GGUF file, as inspect reads it. */
final class GgufTarget implements FuzzTarget {
  private static final List<String> WORDS =
      List.of("GGUF", "general.alignment", "general.architecture", "blk.0.attn_q.weight");

  @Override
  public String name() {
    return "gguf";
  }

  @Override
  public Mutation mutation() {
    return new ByteMutation(WORDS);
  }

  @Override
  public Prepared prepare(Path folder, Compute compute) throws IOException {
    List<byte[]> seeds = new ArrayList<>();
    for (String type : List.of("Q4_0", "Q8_0", "Q4_1")) {
      Path model =
          SmallModels.compressed(folder.resolve(type), "--format", "gguf", "--gguf-type", type);
      seeds.add(Files.readAllBytes(model.resolve("model.gguf")));
    }
    Path file = Files.createDirectories(folder.resolve("any")).resolve("model.gguf");
    return new Prepared(
        file,
        seeds,
        () -> {
          var _ = Inspection.of(file, true, compute);
        });
  }
}
