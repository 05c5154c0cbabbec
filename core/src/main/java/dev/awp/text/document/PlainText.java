// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.text.document;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Any file: all of it is one document. */
final class PlainText implements DocumentReader {
  @Override
  public boolean reads(Path file) {
    return true;
  }

  @Override
  public List<String> read(Path file) throws IOException {
    return List.of(Files.readString(file));
  }
}
