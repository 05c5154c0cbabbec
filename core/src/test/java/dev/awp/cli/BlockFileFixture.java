// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli;

import dev.awp.fixture.GeneratedCheckpoint;
import dev.awp.fixture.Terminal;
import dev.awp.tensor.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A model whose inner width no block fits, and its compression as a person types it. */
abstract class BlockFileFixture {
  private final int blocks;
  private final String outputName;

  @TempDir Path folder;
  final Terminal awp = new Terminal();
  Path model;
  Path text;
  Path output;

  BlockFileFixture(int blocks, String outputName) {
    this.blocks = blocks;
    this.outputName = outputName;
  }

  @BeforeEach
  void generate() throws IOException {
    model = folder.resolve("model");
    output = folder.resolve(outputName);
    new GeneratedCheckpoint(blocks, 64, 44, 4, 2, DType.BF16).write(model);
    text =
        Files.writeString(folder.resolve("text.txt"), "A text of some words, again. ".repeat(99));
  }

  Terminal compress(String... more) {
    List<String> arguments =
        new ArrayList<>(List.of("compress", model.toString(), output.toString()));
    arguments.addAll(List.of("--calibration", text.toString(), "--sequence-length", "32"));
    arguments.addAll(List.of("--sequences", "8", "--quiet"));
    arguments.addAll(List.of(more));
    return awp.run(arguments);
  }
}
