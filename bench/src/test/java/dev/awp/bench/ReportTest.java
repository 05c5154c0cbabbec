// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From JMH's JSON to the markdown page. */
class ReportTest {
  private static final Map<String, String> ENVIRONMENT = Map.of("CPU", "a fast one");

  @TempDir private Path folder;

  private List<Measurement> read(String... rows) throws IOException {
    Path file = folder.resolve("results.json");
    Files.writeString(file, "[" + String.join(",", rows) + "]");
    return Measurement.read(file);
  }

  private static String row(String method, int threads, String parameters, double score) {
    return """
        {"benchmark": "dev.awp.bench.%s", "threads": %d, "params": {%s},
         "primaryMetric": {"score": %s, "scoreUnit": "ns/op"},
         "secondaryMetrics": {"iteration": {"score": 12e9}, "bareProduct": {"score": 11.4e9},
                              "measurements": {"score": 3}}}
        """
        .formatted(method, threads, parameters, score);
  }

  @Test
  void publishedResultsTellNoPaths() throws IOException {
    Path json =
        Files.writeString(
            folder.resolve("r.json"),
            """
            [{"benchmark": "a.B.c", "jvm": "/opt/java/bin/java", "params": {"n": "1"},
              "jvmArgs": ["-Xmx2g", "-XX:CompileCommandFile=/home/me/awp/scripts/kernels.jit"]}]
            """);
    Measurement.withoutPaths(json);
    String text = Files.readString(json);
    assertFalse(text.contains("/"), text);
    assertTrue(text.contains("\"-XX:CompileCommandFile=kernels.jit\""), text);
    assertTrue(text.contains("\"-Xmx2g\"") && text.contains("\"a.B.c\""), text);
  }

  @Test
  void kernelsAreComparedWithTheMemoryAndWithTheDefinition() throws IOException {
    String size = "\"n\": \"16777216\"";
    Bandwidth bandwidth =
        Bandwidth.of(
            read(
                row("MemoryBandwidth.copy", 1, size, 16777216 * 0.4),
                row("MemoryBandwidth.triad", 1, size, 16777216 * 0.8),
                row("MemoryBandwidth.copyAllThreads", 2, size, 16777216 * 0.5),
                row("MemoryBandwidth.triadAllThreads", 2, size, 16777216 * 1.0),
                row("MemoryBandwidth.copy", 1, "\"n\": \"4096\"", 4096 * 0.01)));
    assertEquals(20, bandwidth.oneThread().copy().getAsDouble(), 1e-9);
    assertEquals(15, bandwidth.oneThread().triad().getAsDouble(), 1e-9);
    assertEquals(32, bandwidth.allThreads().copy().getAsDouble(), 1e-9);
    String page =
        Report.page(
            Family.CONVERSION,
            true,
            ENVIRONMENT,
            bandwidth,
            read(
                row("Decode.bf16", 1, "\"form\": \"SCALAR\", " + size, 16777216 * 1.2),
                row("Decode.bf16", 1, "\"form\": \"VECTOR\", " + size, 16777216 * 0.4),
                row("Decode.bf16AllThreads", 2, "\"form\": \"VECTOR\", " + size, 16777216 * 0.5)));
    assertEquals(
        """
        # Benchmarks: conversion

        - CPU: a fast one
        - Memory, one thread: triad 15.0 GB/s, copy 20.0 GB/s
        - Memory, all threads: triad 24.0 GB/s, copy 32.0 GB/s
        - Command: `scripts/bench conversion --quick`

        Short measurements: for a first look only.

        | benchmark | form | threads | elements | ns/element | G elements/s | GB/s | of triad | of copy | times scalar |
        |---|---:|---:|---:|---:|---:|---:|---:|---:|---:|
        | Decode.bf16 | scalar | 1 | 16777216 | 1.20 | 0.833 | 5.00 | 33 % | 25 % | 1.00 |
        | Decode.bf16 | vector | 1 | 16777216 | 0.400 | 2.50 | 15.0 | 100 % | 75 % | 3.00 |
        | Decode.bf16AllThreads | vector | 2 | 16777216 | 0.500 | 4.00 | 24.0 | 100 % | 75 % |  |
        """,
        page);
  }

  @Test
  void productsAreComparedWithSgemmOfTheSameSizeAndThreads() throws IOException {
    String one = "\"n\": \"1000\", \"cores\": \"ONE\", \"blas\": ";
    String all = "\"n\": \"1000\", \"cores\": \"ALL\", \"blas\": ";
    String table =
        ResultTables.products(
            read(
                row("Products.gemm", 1, one + "\"OPENBLAS\"", 2e7),
                row("Products.gemm", 1, all + "\"OPENBLAS\"", 1e7),
                row("Products.gemm", 1, all + "\"JAVA\"", 2e7),
                row("Products.syrk", 1, one + "\"OPENBLAS\"", 1.25e7)));
    assertTrue(table.contains("| gemm | openblas | all | 1000 | 10.0 | 200 | 100 % |"), table);
    assertTrue(table.contains("| gemm | java | all | 1000 | 20.0 | 100 | 50 % |"), table);
    assertTrue(table.contains("| syrk | openblas | one | 1000 | 12.5 | 80.0 | 80 % |"), table);
  }

  @Test
  void iterationsAreComparedWithTheBareProduct() throws IOException {
    String table =
        WalkTables.iterations(
            read(row("SolverIteration.pgd", 1, "\"n\": \"4096\", \"cores\": \"ALL\"", 1)));
    assertTrue(table.contains("| pgd | all | 4096 | 4000 | 34.4 | 95 % |"), table);
  }

  @Test
  void otherUnitsAreRefused() {
    String row = row("Decode.bf16", 1, "", 1).replace("ns/op", "us/op");
    IOException e = assertThrows(IOException.class, () -> read(row));
    assertTrue(e.getMessage().contains("us/op"), e.getMessage());
  }

  @Test
  void unknownWordsAreMisuse() throws Exception {
    assertEquals(2, Bench.run(folder, List.of("matrices")));
    assertEquals(0, Bench.run(folder, List.of("--help")));
  }
}
