// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.eval.question;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.awp.AwpException;
import dev.awp.json.JsonFile;
import dev.awp.text.file.TextContent;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A file of questions, one JSON object a line, plain or in .gz or .zst.
 *
 * @param kind the task that its rows are read as
 * @param questions in their order, at least one
 */
public record QuestionFile(String kind, List<Question> questions) {
  /** The first whose fields the first row has reads them all. */
  private static final List<QuestionShape> SHAPES =
      List.of(
          new LoggedSamples(),
          new PlainQuestions(),
          new HellaSwag(),
          new Arc(),
          new OpenBookQa(),
          new Piqa(),
          new Winogrande(),
          new BoolQ());

  private static final JsonMapper JSON = JsonFile.builder().build();

  public QuestionFile {
    questions = List.copyOf(questions);
  }

  /**
   * Reads a file.
   *
   * @param most questions to read, at least 1
   * @throws AwpException where there is none, and for a row that is no question, with its line
   */
  public static QuestionFile read(Path file, int most) {
    TextContent content = TextContent.of(file);
    if (content.isParquet()) {
      throw new AwpException(
          file + ": is a Parquet file; questions are read from JSON lines, one object a line");
    }
    try (BufferedReader lines = new BufferedReader(content.open())) {
      List<Question> questions = new ArrayList<>();
      QuestionShape shape = null;
      int number = 0;
      for (String line : (Iterable<String>) lines.lines()::iterator) {
        number++;
        if (line.isBlank()) {
          continue;
        }
        QuestionRow row = row(line, "%s, line %s".formatted(file, number));
        shape = shape == null ? shapeOf(row) : shape;
        if (!row.hasAll(shape.fields())) {
          throw new AwpException(
              "%s: a question of %s has %s, and not all of them are here"
                  .formatted(row.place(), shape.name(), String.join(", ", shape.fields())));
        }
        questions.add(shape.read(row));
        if (questions.size() == most) {
          break;
        }
      }
      if (shape == null) {
        throw new AwpException(file + ": holds no question");
      }
      return new QuestionFile(shape.name(), questions);
    } catch (UncheckedIOException e) {
      throw content.unreadable(e.getCause());
    } catch (IOException e) {
      throw content.unreadable(e);
    }
  }

  private static QuestionRow row(String line, String place) {
    try {
      JsonNode row = JSON.readTree(line);
      if (row.isObject()) {
        return new QuestionRow(place, row);
      }
    } catch (JsonProcessingException e) {
      throw new AwpException("%s: not valid JSON: %s".formatted(place, e.getOriginalMessage()), e);
    }
    throw new AwpException(place + ": is no JSON object, and questions are one a line");
  }

  private static QuestionShape shapeOf(QuestionRow row) {
    return SHAPES.stream()
        .filter(shape -> row.hasAll(shape.fields()))
        .findFirst()
        .orElseThrow(
            () ->
                new AwpException(
                    "%s: has the fields of no known kind of question: %s"
                        .formatted(
                            row.place(),
                            SHAPES.stream()
                                .map(
                                    s ->
                                        "%s (%s)"
                                            .formatted(s.name(), String.join(", ", s.fields())))
                                .collect(Collectors.joining("; ")))));
  }
}
