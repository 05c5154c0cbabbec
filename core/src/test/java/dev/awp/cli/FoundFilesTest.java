// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli;

import dev.awp.fixture.GeneratedCheckpoint;
import dev.awp.fixture.OutputFolders;
import dev.awp.fixture.Terminal;
import dev.awp.tensor.DType;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Things that lie in the place of a model's files: each is named, none is waited for. */
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class FoundFilesTest {
  private static final String POINTER =
      "version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize 123\n"
          .formatted("0".repeat(64));

  @TempDir private Path folder;
  private Path model;
  private Path text;
  private final Terminal awp = new Terminal();

  @BeforeEach
  void generate() throws IOException {
    model = folder.resolve("model");
    new GeneratedCheckpoint(1, 16, 24, 2, 1, DType.BF16).write(model);
    text = Files.writeString(folder.resolve("text.txt"), "A text of some words. ".repeat(99));
  }

  private void assertRefused(String rule) throws IOException {
    Path out = folder.resolve("out");
    awp.run(
        "compress",
        model.toString(),
        out.toString(),
        "--sparsity=0.5",
        "--sequence-length=32",
        "--calibration=" + text,
        "-q");
    awp.assertRefused(rule);
    OutputFolders.assertNone(folder, "out");
    awp.run("eval", model.toString(), text.toString(), "-q").assertRefused(rule);
  }

  private void assertRefused(String file, byte[] content, String rule) throws IOException {
    Path path = model.resolve(file);
    byte[] before = Files.readAllBytes(path);
    Files.write(path, content);
    assertRefused(file + ": " + rule);
    Files.write(path, before);
  }

  private void assertRefused(String file, String content, String rule) throws IOException {
    assertRefused(file, content.getBytes(StandardCharsets.UTF_8), rule);
  }

  @Test
  void weightsThatAreSomethingElseAreNamed() throws IOException {
    String weights = "model.safetensors";
    byte[] whole = Files.readAllBytes(model.resolve(weights));
    String other = "is no safetensors file but ";
    assertRefused(weights, POINTER, other + "a Git LFS pointer");
    assertRefused(
        weights, "\n<!DOCTYPE html>\n<html><body>404</body></html>", other + "an HTML page");
    assertRefused(weights, "{\"error\":\"Repository not found\"}", other + "JSON text: {\"error\"");
    assertRefused(weights, "Entry not found", other + "a text: Entry not found");
    assertRefused(weights, zip(), other + "a zip archive, as torch.save writes one");
    assertRefused(
        weights,
        new byte[] {(byte) 0x80, 2, 'c', 't', 'o', 'r', 'c', 'h'},
        other + "a Python pickle");
    assertRefused(weights, "", other + "an empty file");
    assertRefused(weights, new byte[4096], other + "zeros");
    assertRefused(weights, "GGUF\3\0\0\0\0\0\0\0", other + "a GGUF file");
    for (int length : List.of(5, 100, whole.length - 1)) {
      byte[] cut = java.util.Arrays.copyOf(whole, length);
      Files.write(model.resolve(weights), cut);
      assertRefused("truncated");
    }
    awp.run("inspect", model.toString()).assertRefused("truncated");
  }

  private static byte[] zip() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      zip.putNextEntry(new ZipEntry("archive/data.pkl"));
    }
    return bytes.toByteArray();
  }

  @Test
  void companionsThatAreSomethingElseAreNamed() throws IOException {
    for (String file : List.of("config.json", "tokenizer.json")) {
      String other = "is not what its name says but ";
      assertRefused(file, POINTER, other + "a Git LFS pointer");
      assertRefused(file, "<html></html>", other + "an HTML page");
      assertRefused(file, "", other + "an empty file");
      assertRefused(file, zip(), other + "a zip archive");
    }
    assertRefused(
        "config.json",
        "{\"error\":\"Access is restricted\"}",
        "architectures is missing, this looks like a server's answer: error: \"Access");
    Files.writeString(model.resolve("model.safetensors.index.json"), POINTER);
    assertRefused("model.safetensors.index.json: not readable as JSON: it is a Git LFS pointer");
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void whatIsNoFileIsNamedAndNotOpened() throws IOException, InterruptedException {
    for (String file :
        List.of("config.json", "model.safetensors", "tokenizer.json", "generation_config.json")) {
      Path path = model.resolve(file);
      byte[] before = Files.exists(path) ? Files.readAllBytes(path) : new byte[0];
      Files.deleteIfExists(path);
      new ProcessBuilder("mkfifo", path.toString()).start().waitFor();
      assertRefused(file + ": is a FIFO where a file is expected");
      Files.delete(path);
      Files.createSymbolicLink(path, Path.of("/dev/zero"));
      assertRefused(file + ": is a device where a file is expected");
      Files.delete(path);
      Files.createSymbolicLink(path, path.getFileName());
      assertRefused(file + ": is a link that leads to no file, such as a loop of links");
      Files.delete(path);
      Files.createSymbolicLink(path, Path.of("nowhere"));
      assertRefused(file + ": is a link to a file that is not there");
      Files.delete(path);
      Files.createDirectory(path);
      assertRefused(file + ": is a folder where a file is expected");
      Files.delete(path);
      if (before.length > 0) {
        Files.write(path, before);
      }
    }
    Path shards = folder.resolve("shards");
    new GeneratedCheckpoint(1, 16, 24, 2, 1, DType.BF16).write(shards, 9000);
    model = shards;
    Path shard = model.resolve("model-00001-of-00003.safetensors");
    Files.delete(shard);
    new ProcessBuilder("mkfifo", shard.toString()).start().waitFor();
    assertRefused("model-00001-of-00003.safetensors: is a FIFO");
    awp.run("inspect", shard.toString()).assertRefused("is a FIFO where a file is expected");
    awp.run("inspect", model.toString()).assertRefused("is a FIFO where a file is expected");
  }

  @Test
  void aModelThatIsNoFolderIsSaidSo() throws IOException {
    model = text;
    assertRefused("is no model");
    Path cache = folder.resolve("models--org--tiny");
    Files.createDirectories(cache.resolve("snapshots/0123abc"));
    model = cache;
    assertRefused("is the folder of a hub's cache");
    awp.assertErr("0123abc");
  }
}
