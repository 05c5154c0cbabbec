// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.text.reader;

import dev.awp.text.document.Reading;
import dev.awp.text.file.TextContent;
import java.io.IOException;
import java.util.Optional;

/** Reads texts of one kind. */
interface DocumentReader {
  /** Whether the content is of this kind. */
  boolean reads(TextContent content, Optional<String> field);

  /**
   * Hands over the documents of a file, in their order, and says what they were read as.
   *
   * @param field that holds the text, where one is named
   * @throws dev.awp.AwpException for what the kind does not allow, with the place in the file
   */
  void read(TextContent content, Optional<String> field, Reading reading) throws IOException;
}
