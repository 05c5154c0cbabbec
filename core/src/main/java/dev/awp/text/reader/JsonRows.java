// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.text.reader;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.io.JsonEOFException;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.awp.AwpException;
import dev.awp.text.document.Reading;
import dev.awp.text.document.RowShapes;
import dev.awp.text.document.Rows;
import dev.awp.text.document.TurnList;
import dev.awp.text.file.TextContent;
import java.io.IOException;
import java.io.Reader;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** JSON: values one after the other, as in JSON lines; a list of rows; an object with one list. */
final class JsonRows implements DocumentReader {
  static final JsonMapper JSON =
      JsonMapper.builder().enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS).build();

  /** Names of the list of rows in an object, so that it is read row by row. */
  private static final Set<String> LISTS =
      Set.of("data", "rows", "train", "validation", "test", "examples", "items", "instances");

  static {
    // A document is as long as it is.
    JSON.getFactory()
        .setStreamReadConstraints(
            StreamReadConstraints.builder().maxStringLength(Integer.MAX_VALUE).build());
  }

  @Override
  public boolean reads(TextContent content, Optional<String> field) {
    try (JsonParser parser = JSON.createParser(content.head())) {
      JsonToken begin = parser.nextToken();
      if (begin != JsonToken.START_ARRAY && begin != JsonToken.START_OBJECT) {
        return false;
      }
      JsonToken next = parser.nextToken();
      boolean structured =
          switch (next) {
            case FIELD_NAME, START_OBJECT, START_ARRAY, END_ARRAY, END_OBJECT, VALUE_STRING -> true;
            default -> false;
          };
      var _ = parser.nextToken();
      return structured;
    } catch (JsonEOFException e) {
      // The first string may be longer than what is looked at; a short text has ended early.
      return !content.isShort() || content.head().stripLeading().startsWith("{\"");
    } catch (IOException e) {
      return false;
    }
  }

  @Override
  public void read(TextContent content, Optional<String> field, Reading reading)
      throws IOException {
    try (Reader characters = content.open();
        JsonParser parser = JSON.createParser(characters)) {
      if (parser.nextToken() == JsonToken.START_ARRAY) {
        Rows rows = new Rows(reading, field, "JSON list", "row");
        list(parser, rows);
        rows.finish();
        if (parser.nextToken() != null) {
          lines(parser, new Rows(reading, field, "JSON lines", "line"));
        }
      } else {
        new JsonObjects(parser, field, reading).read();
      }
    } catch (JsonProcessingException e) {
      JsonLocation at = e.getLocation();
      throw new AwpException(
          "%s, line %s, column %s: not valid JSON: %s"
              .formatted(content.file(), at.getLineNr(), at.getColumnNr(), e.getOriginalMessage()),
          e);
    }
  }

  /** Rows up to the end of a list, whose beginning was read; one of turns is a row itself. */
  static void list(JsonParser parser, Rows rows) throws IOException {
    long number = 0;
    boolean turns = false;
    var all = JSON.createArrayNode();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      JsonNode row = parser.readValueAsTree();
      number++;
      turns |= number == 1 && TurnList.isTurn(row);
      if (turns) {
        all.add(row);
      } else {
        rows.take(row, number);
      }
    }
    if (turns) {
      rows.take(all, 1);
    }
  }

  /** The value that was begun, and all after it. */
  static void lines(JsonParser parser, Rows rows) throws IOException {
    do {
      long line = parser.currentTokenLocation().getLineNr();
      JsonNode row = parser.readValueAsTree();
      rows.take(row, line);
    } while (parser.nextToken() != null);
    rows.finish();
  }

  /** Whether a list of that name is one of rows, and not a field of a row. */
  static boolean isListOfRows(String name, ObjectNode before, Optional<String> field) {
    return LISTS.contains(name.toLowerCase(Locale.ROOT)) && !RowShapes.isClear(before, field);
  }
}
