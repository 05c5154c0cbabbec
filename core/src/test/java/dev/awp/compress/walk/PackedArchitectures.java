// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.walk;

import dev.awp.fixture.ByteTokenizerJson;
import dev.awp.fixture.Terminal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.stream.Stream;

/**
 * Packed models for scripts/architectures: beside each model of a folder one whose layers are in 4
 * bits, NAME.packed, or a NAME.refused with the reason.
 */
final class PackedArchitectures {
  private PackedArchitectures() {}

  public static void main(String[] arguments) throws IOException {
    Path folder = Path.of(arguments[0]);
    Path text =
        Files.writeString(folder.resolve("text.txt"), "Some words of no weight. ".repeat(40));
    List<Path> models;
    try (Stream<Path> all = Files.list(folder)) {
      models = all.filter(Files::isDirectory).sorted().toList();
    }
    for (Path model : models) {
      ByteTokenizerJson.write(model.resolve("tokenizer.json"));
      pack(model, text);
    }
  }

  private static void pack(Path model, Path text) throws IOException {
    Path output = model.resolveSibling(model.getFileName() + ".packed");
    Terminal run =
        new Terminal()
            .run(
                List.of(
                    "compress",
                    model.toString(),
                    output.toString(),
                    "--calibration=" + text,
                    "--sequences=2",
                    "--sequence-length=16",
                    "--format=compressed-tensors",
                    "--bits=4",
                    "--group-size=4",
                    "--symmetric",
                    "--solver=rtn",
                    "--quiet"));
    if (run.exitCode() == 0) {
      Files.copy(
          model.resolve("expected.json"),
          output.resolve("expected.json"),
          StandardCopyOption.REPLACE_EXISTING);
    } else {
      Files.writeString(model.resolveSibling(model.getFileName() + ".refused"), run.err());
    }
  }
}
