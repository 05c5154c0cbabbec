// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.text.document;

import com.fasterxml.jackson.databind.JsonNode;
import dev.awp.AwpException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Takes the rows of a file as they come. Those at its beginning are kept until they show where the
 * documents are.
 */
public final class Rows {
  /** Rows that show it. */
  public static final int SAMPLE = 20;

  private final Reading reading;
  private final Optional<String> field;
  private final String kind;
  private final String unit;
  private final List<Row> first = new ArrayList<>();
  private Optional<RowShape> shape = Optional.empty();

  private record Row(JsonNode value, long number) {}

  /**
   * For the rows of one file.
   *
   * @param kind of file, in words
   * @param unit that rows are counted in, for messages: line or row
   */
  public Rows(Reading reading, Optional<String> field, String kind, String unit) {
    this.reading = reading;
    this.field = field;
    this.kind = kind;
    this.unit = unit;
    reading.readAs(kind);
  }

  /** The next row, a string or an object or a list of turns, at a place that is counted from 1. */
  public void take(JsonNode row, long number) {
    if (row.isTextual() && field.isEmpty()) {
      settle();
      reading.text(row.textValue());
    } else if (row.isArray() && TurnList.isTurn(row.path(0))) {
      settle();
      String place = place(number);
      reading.conversation(new Document.Conversation(TurnList.messages(row, place), place));
    } else if (!row.isObject()) {
      throw new AwpException(
          "%s: there is no %s here"
              .formatted(place(number), field.isEmpty() ? "text and no object" : "object"));
    } else {
      object(inner(row), number);
    }
  }

  /** A dataset server wraps rows in objects with their index. */
  private static JsonNode inner(JsonNode row) {
    return row.has("row_idx") && row.path("row").isObject() ? row.get("row") : row;
  }

  private void object(JsonNode row, long number) {
    if (shape.isPresent()) {
      shape.get().take(row, place(number), reading);
      return;
    }
    first.add(new Row(row, number));
    if (first.size() == SAMPLE) {
      settle();
    }
  }

  /** No more rows come. */
  public void finish() {
    settle();
  }

  private void settle() {
    if (shape.isPresent() || first.isEmpty()) {
      return;
    }
    RowShape found = RowShapes.of(reading.file(), first.stream().map(Row::value).toList(), field);
    shape = Optional.of(found);
    reading.readAs(kind + ", " + found.words());
    first.forEach(row -> found.take(row.value(), place(row.number()), reading));
    first.clear();
  }

  private String place(long number) {
    return "%s, %s %s".formatted(reading.file(), unit, number);
  }
}
