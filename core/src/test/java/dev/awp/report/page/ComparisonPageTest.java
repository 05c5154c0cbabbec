// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.report.page;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.awp.fixture.ParsedPage;
import dev.awp.report.ComparisonReport;
import dev.awp.report.DivergenceReport;
import dev.awp.report.Estimate;
import dev.awp.report.LayerReport;
import dev.awp.report.LayerReport.TracePoint;
import dev.awp.report.ModelSize;
import dev.awp.report.PerplexityReport;
import dev.awp.report.ReportFile;
import dev.awp.report.RunReport;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** comparison.html: the numbers of comparison.json, whatever they are. */
class ComparisonPageTest {
  private static final String HOSTILE = "<script>alert('\"&x,')</script>";
  private static final Estimate SURE = new Estimate(0.5, 0.1);

  private static LayerReport layer(int block, double error) {
    return LayerReport.of("model.layers." + block + ".q_proj", 8, 8)
        .stored("model.safetensors", "BF16")
        .constraint("4 bit")
        .solver("cd")
        .objectives(4, 4 * error)
        .stopped(3, "CONVERGED")
        .seconds(0.5)
        .trace(List.of(new TracePoint(0, 4), new TracePoint(3, 4 * error)))
        .inputs(new LayerReport.Inputs(512, false, "f32"))
        .build();
  }

  private static PerplexityReport text(String name, double after, double divergence) {
    return new PerplexityReport(
        name,
        256,
        12,
        10,
        after,
        0.25,
        0.5,
        new DivergenceReport(new Estimate(divergence, 0.01), 0, 0, 0, SURE, SURE, SURE));
  }

  private static ComparisonReport.Cell cell(
      String constraint, String method, long bytes, double error, List<PerplexityReport> texts) {
    List<LayerReport> layers = List.of(layer(0, error), layer(1, 2 * error));
    return new ComparisonReport.Cell(
        constraint,
        method,
        RunReport.Summary.of(layers, 1),
        new ModelSize(bytes, bytes / 2),
        1.5,
        texts,
        layers);
  }

  private static ComparisonReport report(List<ComparisonReport.Cell> cells, String text) {
    return new ComparisonReport(
        "1.0" + text,
        Map.of("java", "25" + text),
        Map.of("model", "m" + text),
        new ModelSize(2_000_000, 1_000_000),
        cells);
  }

  private static List<ComparisonReport.Cell> cells(String text) {
    return List.of(
        cell("4 bit" + text, "cd" + text, 700_000, 0.01, List.of(text("t" + text, 11, 0.02))),
        cell("4 bit" + text, "rtn" + text, 700_000, 0.03, List.of(text("t" + text, 13, 0.2))),
        cell("2 bit" + text, "cd" + text, 400_000, 0.2, List.of(text("t" + text, 20, 0.9))));
  }

  @Test
  void figuresAreThoseOfTheJson() throws IOException {
    ComparisonReport report = report(cells(""), "");
    JsonNode json = new ObjectMapper().readTree(ReportFile.toJson(report)).path("cells");
    ParsedPage page = ParsedPage.of(ComparisonPage.page(report));
    assertEquals(
        Set.of(
            "blocks.csv",
            "convergence.csv",
            "divergence-0.csv",
            "perplexity-0.csv",
            "seconds.csv",
            "speed-0.csv"),
        page.files());
    List<Map<String, String>> divergence = page.figures("divergence-0.csv");
    List<Map<String, String>> perplexity = page.figures("perplexity-0.csv");
    List<Map<String, String>> speed = page.figures("speed-0.csv");
    for (int i = 0; i < json.size(); i++) {
      JsonNode cell = json.path(i);
      JsonNode text = cell.path("perplexity").path(0);
      Map<String, String> line = divergence.get(i + 1);
      assertEquals(cell.path("constraint").asText(), line.get("constraint"));
      assertEquals(cell.path("method").asText(), line.get("method"));
      assertEquals(cell.path("size").path("bytes").asText(), line.get("bytes"));
      assertEquals(
          text.path("divergence").path("divergence").path("value").asText(),
          line.get("KL divergence"));
      assertEquals(text.path("after").asText(), perplexity.get(i + 1).get("Perplexity"));
      assertEquals(
          cell.path("size").path("bytesPerToken").asText(), speed.get(i + 1).get("bytes a token"));
      assertEquals(text.path("after").asText(), speed.get(i + 1).get("perplexity"));
    }
    assertEquals("1.0", speed.getFirst().get("times as fast at most"));
    assertEquals(
        Double.parseDouble(speed.getFirst().get("bytes a token"))
            / Double.parseDouble(speed.get(1).get("bytes a token")),
        Double.parseDouble(speed.get(1).get("times as fast at most")),
        1e-9);
    assertEquals("10.0", perplexity.getFirst().get("Perplexity"));
    assertEquals(6, page.figures("blocks.csv").size());
    assertEquals("0.02", page.figures("blocks.csv").get(1).get("mean relative error"));
    // The original has a ring, and every cell a mark.
    assertEquals(4, page.marks("divergence-0", "path", "mark").size());
    assertEquals(1, page.marks("divergence-0", "circle", "ring").size());
    assertEquals(6, page.marks("blocks-map", "rect", "heat").size() - 8);
    // Through the best of their sizes, and not through rounding to nearest.
    String front =
        page.marks("divergence-0", "polyline", "front").getFirst().getAttribute("points");
    assertEquals(3, front.split(" ", -1).length, front);
  }

  @Test
  void everyTextIsEscaped() {
    String page = ComparisonPage.page(report(cells(HOSTILE), HOSTILE));
    assertFalse(page.contains("alert('"), page);
    assertTrue(page.contains("&lt;script&gt;alert(&#39;&quot;&amp;x,&#39;)"), page);
    assertEquals(
        "cd" + HOSTILE, ParsedPage.of(page).figures("seconds.csv").getFirst().get("method"));
  }

  /** Without a text, errors stand against sizes. */
  @Test
  void whereNothingWasEvaluatedErrorsAreDrawn() {
    List<ComparisonReport.Cell> cells = List.of(cell("4 bit", "cd", 700_000, 0.01, List.of()));
    ParsedPage page = ParsedPage.of(ComparisonPage.page(report(cells, "")));
    assertEquals(1, page.marks("error-size", "path", "mark").size());
    assertEquals("0.015", page.figures("errors.csv").getFirst().get("mean relative error"));
    assertFalse(page.files().contains("speed-0.csv"));
  }

  /** Without divergence, perplexity is drawn; what is no number is told and left out. */
  @Test
  void whatIsNotMeasuredIsNotDrawn() {
    PerplexityReport plain =
        new PerplexityReport("t", 256, 12, 10, Double.NaN, 0, 0, DivergenceReport.NONE);
    List<ComparisonReport.Cell> cells =
        List.of(
            cell("4 bit", "cd", 700_000, Double.NaN, List.of(plain)),
            cell("4 bit", "rtn", 0, 0.5, List.of(text("t", 12, Double.NaN))));
    ParsedPage page = ParsedPage.of(ComparisonPage.page(report(cells, "")));
    assertEquals(1, page.marks("perplexity-0", "path", "mark").size());
    String words = ComparisonPage.page(report(cells, ""));
    assertTrue(words.contains("earlier version, of unknown size (1)"), words);
    assertTrue(words.contains("cells without a finite number (1)"), words);
    assertEquals("NaN", page.figures("perplexity-0.csv").get(1).get("Perplexity"));
  }

  /** No cell has layers where only widths are compared. */
  @Test
  void cellsWithoutLayersHaveNoMap() {
    ComparisonReport.Cell pruned =
        new ComparisonReport.Cell(
            "30 % fewer neurons and heads",
            "magnitude",
            new RunReport.Summary(2, 10, 0.1, 0.3, 5),
            new ModelSize(900_000, 400_000),
            0,
            List.of(text("t", 12, 0.1)),
            List.of());
    ParsedPage page = ParsedPage.of(ComparisonPage.page(report(List.of(pruned), "")));
    assertEquals(
        Set.of("divergence-0.csv", "perplexity-0.csv", "seconds.csv", "speed-0.csv"), page.files());
  }

  @Test
  void manyCellsAreDrawn() {
    List<ComparisonReport.Cell> cells =
        java.util.stream.IntStream.range(0, 120)
            .mapToObj(
                i ->
                    cell(
                        i % 10 + " bit",
                        "m" + i,
                        100_000 + 1000L * i,
                        0.01 + i,
                        List.of(text("t", 10 + i, 0.1 * i))))
            .toList();
    ParsedPage page = ParsedPage.of(ComparisonPage.page(report(cells, "")));
    assertEquals(121, page.marks("divergence-0", "path", "mark").size());
    assertEquals(120, page.marks("seconds", "rect", "part").size());
  }
}
