// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.text.reader;

import dev.awp.AwpException;
import dev.awp.text.document.Document;
import dev.awp.text.document.ReadFile;
import dev.awp.text.document.Reading;
import dev.awp.text.file.TextContent;
import dev.awp.text.file.TextFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** The documents of files of all kinds that are known. */
public final class Documents {
  /** The first that knows a file's content reads it; the last one takes all text. */
  private static final List<DocumentReader> READERS =
      List.of(new ParquetRows(), new JsonRows(), new SeparatedRows(), new PlainText());

  private Documents() {}

  /**
   * Hands over the documents of a file, or of the files of a folder, in their order.
   *
   * @param field that holds the text in rows, where one is named
   * @param documents takes each; one of a long text comes in parts
   * @return what was found, one a file
   * @throws AwpException where a file cannot be read, with the place in it
   */
  public static List<ReadFile> read(
      Path text, Optional<String> field, Consumer<Document> documents) {
    List<ReadFile> found = new ArrayList<>();
    for (Path file : TextFiles.of(text)) {
      found.add(readFile(file, TextFiles.name(text, file), field, documents));
    }
    return found;
  }

  private static ReadFile readFile(
      Path file, String name, Optional<String> field, Consumer<Document> documents) {
    TextContent content = TextContent.of(file);
    DocumentReader reader =
        READERS.stream().filter(kind -> kind.reads(content, field)).findFirst().orElseThrow();
    Reading reading = new Reading(file, documents);
    try {
      reader.read(content, field, reading);
    } catch (IOException e) {
      throw content.unreadable(e);
    }
    return reading.summary(name, content.words());
  }
}
