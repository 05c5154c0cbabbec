// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.report;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.awp.AwpException;
import dev.awp.disk.OutputPlace;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;

/** report.json on disk. */
public final class ReportFile {
  public static final String NAME = "report.json";

  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  private ReportFile() {}

  /** Writes the report into the folder, with a checksum of itself in its last line. */
  public static void write(RunReport report, Path folder) {
    writeText(ReportSeal.seal(toJson(report)), folder.resolve(NAME));
  }

  /** Where the report of an output lies: in its folder, or beside it where it is one file. */
  public static Path of(Path output) {
    return OutputPlace.about(output, NAME);
  }

  /** Whether every byte of an output's report is as it was written. */
  public static boolean isWhole(Path output) {
    Path file = of(output);
    try {
      return ReportSeal.isWhole(Files.readAllBytes(file));
    } catch (IOException e) {
      throw new AwpException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  /** Reads the report of a compressed model. */
  public static RunReport read(Path output) {
    return readJson(of(output), RunReport.class);
  }

  /** Writes a record as indented JSON, as {@link #writeText}. */
  public static void writeJson(Object value, Path file) {
    writeText(toJson(value), file);
  }

  /** Writes a file of a report; by a sibling file, so that it is whole or not there. */
  public static void writeText(String text, Path file) {
    Path sibling = file.resolveSibling(file.getFileName() + ".partial");
    try {
      try {
        Files.writeString(sibling, text);
        Files.move(sibling, file, StandardCopyOption.REPLACE_EXISTING);
      } finally {
        Files.deleteIfExists(sibling);
      }
    } catch (IOException e) {
      throw new AwpException(file + ": the report cannot be written: " + e.getMessage(), e);
    }
  }

  /** A record as indented JSON. */
  public static String toJson(Object value) {
    try {
      return JSON.writeValueAsString(value);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Reads what {@link #writeJson} wrote. */
  public static <T> T readJson(Path file, Class<T> type) {
    if (!Files.exists(file)) {
      throw new AwpException(file + ": the file is missing; awp writes one into every output");
    }
    try {
      return Optional.ofNullable(JSON.readValue(file.toFile(), type))
          .orElseThrow(() -> new AwpException(file + ": not a readable report: it is null"));
    } catch (IOException e) {
      String reason = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
      throw new AwpException(file + ": not a readable report: " + reason, e);
    }
  }
}
