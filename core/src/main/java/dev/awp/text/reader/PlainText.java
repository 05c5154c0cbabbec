// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.text.reader;

import dev.awp.text.document.Reading;
import dev.awp.text.document.TextParts;
import dev.awp.text.file.TextContent;
import java.io.IOException;
import java.io.Reader;
import java.nio.CharBuffer;
import java.util.Optional;

/** Any text: all of it is one document. */
final class PlainText implements DocumentReader {
  @Override
  public boolean reads(TextContent content, Optional<String> field) {
    return !content.isParquet();
  }

  @Override
  public void read(TextContent content, Optional<String> field, Reading reading)
      throws IOException {
    reading.readAs("plain text");
    if (content.isShort()) {
      reading.text(content.head());
      return;
    }
    TextParts parts = reading.parts();
    try (Reader characters = content.open()) {
      char[] piece = new char[TextParts.PART];
      for (int read; (read = characters.read(piece)) > 0; ) {
        parts.append(CharBuffer.wrap(piece, 0, read));
      }
    }
    parts.finish();
  }
}
