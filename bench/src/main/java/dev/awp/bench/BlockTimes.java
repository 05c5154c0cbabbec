// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;

/** What a run over one block says of a model of 32: the end of scripts/bench-block. */
public final class BlockTimes {
  private static final int BLOCKS = 32;

  private BlockTimes() {}

  /** {@code REPORT_JSON}. */
  public static void main(String[] args) throws IOException {
    System.out.print(table(new ObjectMapper().readTree(Path.of(args[0]).toFile())));
  }

  /** One line for each layer, then the whole. */
  static String table(JsonNode report) {
    StringBuilder table = new StringBuilder();
    table.append("| layer | seconds | GEMM equivalents | GFLOP/s | relative error |\n");
    table.append("|---|---|---|---|---|\n");
    for (JsonNode layer : report.get("layers")) {
      double columns = layer.get("columns").asDouble();
      double equivalents = layer.get("gemmEquivalents").asDouble();
      double flops = 2 * equivalents * layer.get("rows").asDouble() * columns * columns;
      double seconds = layer.get("seconds").asDouble();
      table.append(
          String.format(
              Locale.ROOT,
              "| %s | %.1f | %.1f | %.0f | %.4f |%n",
              layer.get("name").asText(),
              seconds,
              equivalents,
              flops / seconds / 1e9,
              layer.get("relativeError").asDouble()));
    }
    double seconds = report.at("/summary/seconds").asDouble();
    return table
        .append(
            String.format(
                Locale.ROOT,
                "whole run %.0f s, peak resident %.2f GiB; %s such blocks %.1f hours%n",
                seconds,
                report.get("peakResidentBytes").asDouble() / 0x1p30,
                BLOCKS,
                BLOCKS * seconds / 3600))
        .toString();
  }
}
