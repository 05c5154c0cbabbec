// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.fuzz;

import dev.awp.fixture.GeneratedCheckpoint;
import dev.awp.fixture.Terminal;
import dev.awp.tensor.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** Small models as awp writes them. */
final class SmallModels {
  private SmallModels() {}

  /** The output of a compression in a folder, with these options. */
  static Path compressed(Path folder, String... options) throws IOException {
    Path model = folder.resolve("model");
    new GeneratedCheckpoint(1, 32, 32, 1, 1, DType.F16).write(model);
    Path text = Files.writeString(folder.resolve("text.txt"), "Some words. ".repeat(30));
    Path out = folder.resolve("out");
    Stream<String> fixed =
        Stream.of(
            "compress",
            model.toString(),
            out.toString(),
            "--calibration=" + text,
            "--sequence-length=16",
            "--sequences=2",
            "--group-size=16",
            "--solver=pgd",
            "--iterations=2",
            "--threads=1",
            "--quiet");
    new Terminal().run(Stream.concat(fixed, Stream.of(options)).toList()).assertExit(0);
    return out;
  }
}
