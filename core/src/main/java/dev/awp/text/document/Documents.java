// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.text.document;

import dev.awp.AwpException;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The documents of files of all kinds that are known. */
public final class Documents {
  /** The first that takes a file reads it; the last one takes all. */
  private static final List<DocumentReader> READERS = List.of(new JsonLines(), new PlainText());

  private Documents() {}

  /** The documents of one file after the other; a file is read when its first one is asked for. */
  public static Stream<String> of(List<Path> files) {
    return files.stream().flatMap(file -> of(file).stream());
  }

  /**
   * The documents of a file.
   *
   * @throws AwpException where it cannot be read
   */
  public static List<String> of(Path file) {
    DocumentReader reader =
        READERS.stream().filter(kind -> kind.reads(file)).findFirst().orElseThrow();
    try {
      return reader.read(file);
    } catch (NoSuchFileException e) {
      throw new AwpException(file + ": the file is missing", e);
    } catch (CharacterCodingException e) {
      throw new AwpException(file + ": the text is not UTF-8", e);
    } catch (IOException e) {
      throw new AwpException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }
}
