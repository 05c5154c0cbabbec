// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.text.document;

import com.fasterxml.jackson.databind.JsonNode;
import dev.awp.AwpException;
import java.util.List;

/** Rows with their text in a field. */
record TextField(String name) implements RowShape {
  @Override
  public String words() {
    return "text in \"%s\"".formatted(name);
  }

  @Override
  public List<String> fields() {
    return List.of(name);
  }

  @Override
  public void take(JsonNode row, String place, Reading reading) {
    JsonNode text = row.path(name);
    if (text.isNull()) {
      reading.drop("empty");
    } else if (text.isTextual()) {
      reading.text(text.textValue());
    } else {
      throw new AwpException("%s: there is no string under \"%s\"".formatted(place, name));
    }
  }
}
