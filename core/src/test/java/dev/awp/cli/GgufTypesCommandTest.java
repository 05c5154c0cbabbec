// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.fixture.GgufModels;
import dev.awp.fixture.Terminal;
import dev.awp.gguf.block.BlockType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every type of blocks through every command that reads files. */
class GgufTypesCommandTest {
  @TempDir private static Path folder;
  private static Path model;
  private static Path text;
  private final Terminal awp = new Terminal();

  @BeforeAll
  static void generate() throws IOException {
    model = folder.resolve("model");
    GgufModels.writeFolder(model, 1, 256, 256);
    text = Files.writeString(folder.resolve("text.txt"), "Some words, again. ".repeat(20));
  }

  static Stream<BlockType> types() {
    return Arrays.stream(BlockType.values()).filter(type -> type.grid().isPresent());
  }

  @Test
  void thereAreAllOfThem() {
    assertEquals(25, types().count());
  }

  @ParameterizedTest
  @MethodSource("types")
  void isWrittenReadLookedAtComparedAndSpoken(BlockType type) {
    Path file = folder.resolve(type + ".gguf");
    awp.run(
            "compress",
            model.toString(),
            file.toString(),
            "--gguf-type=" + type,
            "--calibration=" + text,
            "--sequence-length=16",
            "--sequences=2",
            "--solver=rtn",
            "--quiet")
        .assertExit(0);
    awp.run("verify", file.toString()).assertExit(0);
    awp.run("inspect", file.toString()).assertExit(0);
    assertTrue(
        awp.out().lines().filter(line -> line.contains(type.name())).count() >= 7, awp.out());
    awp.run("diff", model.toString(), file.toString()).assertExit(0);
    awp.run("generate", file.toString(), "--prompt=Some", "--tokens=3").assertExit(0);
    awp.run("eval", file.toString(), text.toString(), "--sequence-length=16").assertExit(0);
    assertTrue(awp.out().contains("perplexity"), awp.out());
  }
}
