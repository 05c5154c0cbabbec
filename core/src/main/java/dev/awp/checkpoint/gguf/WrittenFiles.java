// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.checkpoint.gguf;

import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.awp.AwpException;
import dev.awp.disk.Folders;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Files that are there while a model is open. */
final class WrittenFiles implements AutoCloseable {
  /** The same lines on every system. */
  private static final ObjectWriter JSON =
      JsonMapper.builder()
          .build()
          .writer(new DefaultPrettyPrinter().withObjectIndenter(new DefaultIndenter("  ", "\n")));

  private final Path folder;

  private WrittenFiles(Path folder) {
    this.folder = folder;
  }

  /** An empty folder among those for temporary files. */
  static WrittenFiles create() {
    try {
      return new WrittenFiles(Files.createTempDirectory("awp-gguf-"));
    } catch (IOException e) {
      throw new AwpException(
          "%s: no folder can be made in it for the files of a model: %s"
              .formatted(System.getProperty("java.io.tmpdir"), e.getMessage()),
          e);
    }
  }

  Path folder() {
    return folder;
  }

  void write(String name, ObjectNode content) {
    try {
      JSON.writeValue(folder.resolve(name).toFile(), content);
    } catch (IOException e) {
      throw Folders.unwritable(folder.resolve(name), e);
    }
  }

  @Override
  public void close() {
    try {
      Folders.delete(folder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
