// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.text.document;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Reads files of one kind. */
interface DocumentReader {
  /** Whether a file is of this kind, by its name. */
  boolean reads(Path file);

  /**
   * The documents of a file, in their order.
   *
   * @throws dev.awp.AwpException for what the kind does not allow, with the place in the file
   * @throws java.nio.charset.CharacterCodingException where it is not UTF-8
   */
  List<String> read(Path file) throws IOException;
}
