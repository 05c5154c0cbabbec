// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.text.reader;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.awp.AwpException;
import dev.awp.text.document.Reading;
import dev.awp.text.document.RowShapes;
import dev.awp.text.document.Rows;
import dev.awp.text.document.TurnList;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** JSON that begins with an object: a row, with others behind it or not, or a holder of rows. */
final class JsonObjects {
  private final JsonParser parser;
  private final Optional<String> field;
  private final Reading reading;
  private final List<String> streamed = new ArrayList<>();

  /** The parser stands at the beginning of the first object. */
  JsonObjects(JsonParser parser, Optional<String> field, Reading reading) {
    this.parser = parser;
    this.field = field;
    this.reading = reading;
  }

  void read() throws IOException {
    ObjectNode first = JsonRows.JSON.createObjectNode();
    long line = parser.currentTokenLocation().getLineNr();
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      member(parser.currentName(), first);
    }
    boolean more = parser.nextToken() != null;
    if (!streamed.isEmpty()) {
      if (more) {
        throw new AwpException(
            "%s, line %s: there is more behind the object that holds the rows"
                .formatted(reading.file(), parser.currentTokenLocation().getLineNr()));
      }
      return;
    }
    Optional<JsonNode> list = more ? Optional.empty() : list(first);
    if (list.isPresent()) {
      Rows rows = new Rows(reading, field, "JSON object with a list", "row");
      long number = 0;
      for (JsonNode row : list.get()) {
        rows.take(row, ++number);
      }
      rows.finish();
      return;
    }
    Rows rows = new Rows(reading, field, "JSON lines", "line");
    rows.take(first, line);
    if (more) {
      JsonRows.lines(parser, rows);
    } else {
      rows.finish();
    }
  }

  /** A field of the first object: kept, or read row by row where it is the list of rows. */
  private void member(String name, ObjectNode first) throws IOException {
    JsonToken value = parser.nextToken();
    if (value != JsonToken.START_ARRAY || !JsonRows.isListOfRows(name, first, field)) {
      first.set(name, parser.readValueAsTree());
      return;
    }
    JsonToken element = parser.nextToken();
    if (element == JsonToken.START_OBJECT || element == JsonToken.VALUE_STRING) {
      streamed.add(name);
      checkOne(streamed);
      Rows rows = new Rows(reading, field, "JSON object with a list \"%s\"".formatted(name), "row");
      long number = 0;
      do {
        JsonNode row = parser.readValueAsTree();
        rows.take(row, ++number);
      } while (parser.nextToken() != JsonToken.END_ARRAY);
      rows.finish();
      return;
    }
    ArrayNode kept = first.putArray(name);
    for (; element != JsonToken.END_ARRAY; element = parser.nextToken()) {
      JsonNode row = parser.readValueAsTree();
      kept.add(row);
    }
  }

  private void checkOne(List<String> names) {
    if (names.size() > 1) {
      throw new AwpException(
          "%s: the object holds more than one list of rows (%s): keep one of them"
              .formatted(reading.file(), String.join(", ", names)));
    }
  }

  /** The list of rows in an object that is no row itself. */
  private Optional<JsonNode> list(ObjectNode object) {
    if (RowShapes.isClear(object, Optional.empty())) {
      return Optional.empty();
    }
    List<String> names = new ArrayList<>();
    for (Map.Entry<String, JsonNode> member : object.properties()) {
      JsonNode first = member.getValue().path(0);
      if (first.isTextual() || (first.isObject() && !TurnList.isTurn(first))) {
        names.add(member.getKey());
      }
    }
    List<String> usual =
        names.stream()
            .filter(name -> field.map(name::equals).orElseGet(() -> RowShapes.isUsual(name)))
            .toList();
    List<String> found = usual.size() == 1 ? usual : names;
    checkOne(found);
    return found.stream().findFirst().map(object::get);
  }
}
