// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.text.document;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;

/** Where the document of a row is. */
public interface RowShape {
  /** In words, behind the kind of file: "text in \"text\"". */
  String words();

  /** Fields that are looked at. */
  List<String> fields();

  /**
   * Takes the document of a row.
   *
   * @param place of the row, for messages: the file, and the line or the row
   */
  void take(JsonNode row, String place, Reading reading);
}
