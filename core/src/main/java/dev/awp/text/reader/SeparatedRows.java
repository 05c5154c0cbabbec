// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.text.reader;

import com.fasterxml.jackson.databind.node.ObjectNode;
import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.CsvRecord;
import de.siegmar.fastcsv.reader.FieldMismatchStrategy;
import dev.awp.AwpException;
import dev.awp.text.document.Reading;
import dev.awp.text.document.RowShapes;
import dev.awp.text.document.Rows;
import dev.awp.text.file.TextContent;
import java.io.IOException;
import java.io.Reader;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Values between separators, with a header: its names are known, or they are words and the lines
 * below have as many values as it.
 */
final class SeparatedRows implements DocumentReader {
  private static final Map<Character, String> SEPARATORS =
      Map.of(',', "CSV", '\t', "TSV", ';', "CSV with semicolons", '|', "CSV with bars");

  /** Records that are looked at, and how many there must be where no name is known. */
  private static final int SAMPLE = 20;

  private static final int ENOUGH = 3;

  /** A header with fewer columns is that of a list of texts, and must say so. */
  private static final int COLUMNS = 2;

  private static final int LARGEST_VALUE = 1 << 28;

  private static final Pattern NAME = Pattern.compile("[\\p{L}_][\\p{L}\\p{N}_.:-]{0,39}");

  @Override
  public boolean reads(TextContent content, Optional<String> field) {
    return separator(content, field).isPresent();
  }

  private static Optional<Character> separator(TextContent content, Optional<String> field) {
    if (content.isParquet()) {
      return Optional.empty();
    }
    return SEPARATORS.keySet().stream()
        .sorted()
        .filter(separator -> isHeader(records(content, separator), field))
        .findFirst();
  }

  /** Whole records of the beginning, as far as they are such. */
  private static List<CsvRecord> records(TextContent content, char separator) {
    List<CsvRecord> records = new ArrayList<>();
    try (CsvReader<CsvRecord> reader = builder(separator).ofCsvRecord(content.head())) {
      Iterator<CsvRecord> all = reader.iterator();
      while (records.size() < SAMPLE && all.hasNext()) {
        CsvRecord record = all.next();
        // The last one of a piece may not be whole.
        if (content.isShort() || all.hasNext()) {
          records.add(record);
        }
      }
      return records;
    } catch (CsvParseException e) {
      return records;
    } catch (IOException e) {
      throw content.unreadable(e);
    }
  }

  private static boolean isHeader(List<CsvRecord> records, Optional<String> field) {
    if (records.size() < 2) {
      return false;
    }
    List<String> header = records.getFirst().getFields();
    List<String> named = header.getFirst().isBlank() ? header.subList(1, header.size()) : header;
    boolean distinct = new HashSet<>(named).size() == named.size();
    boolean known =
        named.stream().anyMatch(name -> field.map(name::equals).orElse(false))
            || named.stream().anyMatch(RowShapes::isUsual);
    boolean even = records.stream().allMatch(record -> record.getFieldCount() == header.size());
    if (named.isEmpty() || !distinct) {
      return false;
    }
    if (header.size() < COLUMNS) {
      return known && even && NAME.matcher(named.getFirst()).matches();
    }
    return named.stream().allMatch(name -> NAME.matcher(name).matches())
        ? known || (even && records.size() >= ENOUGH)
        : known && even;
  }

  private static CsvReader.CsvReaderBuilder builder(char separator) {
    return CsvReader.builder()
        .fieldSeparator(separator)
        .extraFieldStrategy(FieldMismatchStrategy.IGNORE)
        .missingFieldStrategy(FieldMismatchStrategy.IGNORE)
        .skipEmptyLines(true)
        .maxBufferSize(LARGEST_VALUE);
  }

  @Override
  public void read(TextContent content, Optional<String> field, Reading reading)
      throws IOException {
    char separator = separator(content, field).orElseThrow();
    Rows rows = new Rows(reading, field, SEPARATORS.get(separator), "line");
    try (Reader characters = content.open();
        CsvReader<CsvRecord> reader = builder(separator).ofCsvRecord(characters)) {
      Iterator<CsvRecord> records = reader.iterator();
      List<String> header = records.next().getFields();
      while (records.hasNext()) {
        CsvRecord record = records.next();
        rows.take(row(content, header, record), record.getStartingLineNumber());
      }
    } catch (CsvParseException e) {
      if (e.getCause() instanceof AwpException cause) {
        throw cause;
      }
      String reason =
          e.getCause() == null ? e.getMessage() : e.getMessage() + ": " + e.getCause().getMessage();
      throw new AwpException("%s: not readable as CSV: %s".formatted(content.file(), reason), e);
    }
    rows.finish();
  }

  private static ObjectNode row(TextContent content, List<String> header, CsvRecord record) {
    if (record.getFieldCount() != header.size()) {
      throw new AwpException(
          "%s, line %s: there are %s values, and the header names %s"
              .formatted(
                  content.file(),
                  record.getStartingLineNumber(),
                  record.getFieldCount(),
                  header.size()));
    }
    ObjectNode row = JsonRows.JSON.createObjectNode();
    for (int i = 0; i < header.size(); i++) {
      row.put(header.get(i), record.getField(i));
    }
    return row;
  }
}
