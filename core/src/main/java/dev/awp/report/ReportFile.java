// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.report;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.awp.AwpException;
import java.io.IOException;
import java.nio.file.Path;

/** report.json on disk. */
public final class ReportFile {
  public static final String NAME = "report.json";

  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  private ReportFile() {}

  /** Writes the report into the folder. */
  public static void write(RunReport report, Path folder) {
    Path file = folder.resolve(NAME);
    try {
      JSON.writeValue(file.toFile(), report);
    } catch (IOException e) {
      throw new AwpException(file + ": the report cannot be written: " + e.getMessage(), e);
    }
  }

  /** Reads the report of a compressed model's folder. */
  public static RunReport read(Path folder) {
    Path file = folder.resolve(NAME);
    try {
      return JSON.readValue(file.toFile(), RunReport.class);
    } catch (IOException e) {
      throw new AwpException(file + ": not a readable report: " + e.getMessage(), e);
    }
  }
}
