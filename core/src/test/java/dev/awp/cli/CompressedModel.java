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

/** A small generated model, a text, and {@code awp compress} with what each run of a test has. */
abstract class CompressedModel {
  @TempDir protected Path folder;
  protected final Terminal awp = new Terminal();
  protected Path model;
  protected Path output;
  protected Path text;
  private final String name;
  private final int inner;
  private final List<String> always;

  /**
   * A test of such a model.
   *
   * @param name of the output
   * @param inner width of the feed-forward layers
   * @param always more arguments of every run
   */
  protected CompressedModel(String name, int inner, String... always) {
    this.name = name;
    this.inner = inner;
    this.always = List.of(always);
  }

  @BeforeEach
  void generate() throws IOException {
    model = folder.resolve("model");
    output = folder.resolve(name);
    new GeneratedCheckpoint(2, 64, inner, 4, 2, DType.BF16).write(model);
    text =
        Files.writeString(folder.resolve("text.txt"), "A text of some words, again. ".repeat(99));
  }

  protected Terminal compress(String... more) {
    List<String> arguments =
        new ArrayList<>(List.of("compress", model.toString(), output.toString()));
    arguments.addAll(List.of("--calibration", text.toString(), "--sequence-length", "32"));
    arguments.addAll(List.of("--sequences", "8", "--quiet"));
    arguments.addAll(always);
    arguments.addAll(List.of(more));
    return awp.run(arguments);
  }
}
