// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.fixture.GgufModels;
import dev.awp.fixture.Terminal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An output whose name ends in .gguf is one file, with its report beside it. */
class SingleFileTest {
  private final Terminal awp = new Terminal();

  @TempDir private Path folder;
  private Path model;
  private Path text;
  private Path out;

  @BeforeEach
  void write() throws IOException {
    model = folder.resolve("model");
    GgufModels.writeFolder(model, 1, 64, 128);
    text = Files.writeString(folder.resolve("text.txt"), "Some words to calibrate on. ".repeat(40));
    out = folder.resolve("out.gguf");
  }

  private Terminal compress(Path from, Path to, String... more) {
    List<String> typed = new ArrayList<>(List.of("compress", "" + from, "" + to));
    typed.addAll(
        List.of(
            "--calibration=" + text,
            "--sequences=1",
            "--sequence-length=32",
            "--solver=rtn",
            "-q"));
    typed.addAll(List.of(more));
    return awp.run(typed);
  }

  private List<String> files() throws IOException {
    try (Stream<Path> all = Files.list(folder)) {
      return all.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void aFileIsCompressedIntoAFile() throws IOException {
    Path plain = folder.resolve("plain.gguf");
    awp.run("convert", "" + model, "" + plain, "-q").assertExit(0);
    compress(plain, out, "--gguf-type=Q8_0").assertExit(0);
    assertTrue(awp.out().contains("out.gguf (out.report.json beside it)"), awp.out());
    assertEquals(
        List.of(
            "model", "out.gguf", "out.report.html", "out.report.json", "plain.gguf", "text.txt"),
        files());
    awp.run("eval", "" + out, "" + text, "--sequence-length=32", "-q").assertExit(0);
    awp.run("verify", "" + out, "-q").assertExit(0);
    assertTrue(awp.out().contains("1 files and 7 layers are as report.json says"), awp.out());
    awp.run("report", "" + out).assertExit(0);
  }

  @Test
  void theBytesAreThoseInAFolder() throws IOException {
    compress(model, out, "--gguf-type=Q4_0").assertExit(0);
    compress(model, folder.resolve("there"), "--format=gguf", "--gguf-type=Q4_0").assertExit(0);
    assertEquals(-1, Files.mismatch(out, folder.resolve("there/model.gguf")));
  }

  @Test
  void aChangedFileIsFound() throws IOException {
    compress(model, out, "--gguf-type=Q4_0").assertExit(0);
    byte[] bytes = Files.readAllBytes(out);
    bytes[bytes.length - 1] ^= 1;
    Files.write(out, bytes);
    awp.run("verify", "" + out, "-q").assertExit(1);
    assertTrue(awp.out().contains("model.gguf: its SHA-256 is another"), awp.out());
  }

  @Test
  void nothingIsWrittenOver() throws IOException {
    Files.writeString(out, "mine");
    compress(model, out).assertExit(1);
    awp.run("convert", "" + model, "" + out, "-q").assertExit(1);
    assertEquals("mine", Files.readString(out));
    assertEquals(List.of("model", "out.gguf", "text.txt"), files());
  }

  @Test
  void otherFormatsAreMisuse() {
    compress(model, out, "--format=gptq").assertExit(2);
    awp.run("convert", "" + model, "" + out, "--format=dense").assertExit(2);
    assertFalse(Files.exists(out));
  }
}
