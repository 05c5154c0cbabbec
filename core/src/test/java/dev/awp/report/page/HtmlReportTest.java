// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.report.page;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.awp.fixture.ParsedPage;
import dev.awp.report.BudgetReport;
import dev.awp.report.ConstraintRule;
import dev.awp.report.DivergenceReport;
import dev.awp.report.Estimate;
import dev.awp.report.LayerReport;
import dev.awp.report.LayerReport.TracePoint;
import dev.awp.report.PerplexityReport;
import dev.awp.report.ReportFile;
import dev.awp.report.RunReport;
import dev.awp.report.StructureReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.w3c.dom.Element;

/** The page for people: everything escaped, nothing from elsewhere, the numbers of report.json. */
class HtmlReportTest {
  private static final String HOSTILE = "<script>alert('\"&x')</script>";

  /** Cells that show what colours mean. */
  private static final int LEGEND = 8;

  @TempDir private Path folder;

  private static LayerReport layer(String name, double error, List<TracePoint> trace) {
    return LayerReport.of(name, 64, 128)
        .stored("model.safetensors", "BF16")
        .constraint("50 % sparse")
        .solver("admm")
        .objectives(4, 4 * error)
        .sparsity(0.5)
        .stopped(7, "CONVERGED")
        .gemmEquivalents(3)
        .seconds(1.25)
        .trace(trace)
        .inputs(new LayerReport.Inputs(512, true, "f32"))
        .build();
  }

  private static final DivergenceReport DIVERGENCE =
      new DivergenceReport(
          new Estimate(0.125, 0.0625),
          0.09375,
          0.75,
          1.5,
          new Estimate(0.875, 0.03125),
          new Estimate(1.25, 0.015625),
          new Estimate(0.0625, 0.0078125));

  private static RunReport report(List<LayerReport> layers, String text) {
    return report(layers, text, List.of());
  }

  private static RunReport report(
      List<LayerReport> layers, String text, List<StructureReport> structure) {
    return new RunReport(
        "1.0" + text,
        Map.of("java", "25" + text),
        Map.of("model", "m" + text, "calibration", List.of("c" + text)),
        Map.of(),
        List.of("w" + text),
        RunReport.Summary.of(layers, 3725.4),
        3L << 30,
        5_000_000,
        List.of(
            new RunReport.Phase("calibration" + text, 3600.4),
            new RunReport.Phase("solving" + text, 125)),
        List.of(),
        List.of(new PerplexityReport("t" + text, 256, 12, 10, 12.5, 0.25, 0.5, DIVERGENCE)),
        layers,
        Map.of(
            "model.safetensors", new RunReport.FileSum(1_250_000, "0"),
            "awp/grid.safetensors", new RunReport.FileSum(77, "0"),
            "tokenizer.json", new RunReport.FileSum(99, "0")),
        structure,
        List.of(
            new BudgetReport(
                "bytes",
                new BudgetReport.Point(1_250_000, 0.25),
                List.of(
                    new BudgetReport.Point(1_000_000, 0.75),
                    new BudgetReport.Point(1_250_000, 0.25),
                    new BudgetReport.Point(2_000_000, 0.015625)))));
  }

  private static List<LayerReport> layers(String text) {
    List<LayerReport> layers = new ArrayList<>();
    for (int block = 0; block < 3; block++) {
      for (String kind : List.of("q_proj", "up_proj")) {
        List<TracePoint> trace = List.of(new TracePoint(0, 2), new TracePoint(5, 0.5));
        layers.add(layer("model.layers." + block + "." + kind + text, 0.02 + 0.01 * block, trace));
      }
    }
    return layers;
  }

  @Test
  void numbersAreThoseOfTheReport() {
    String page = HtmlReport.page(report(layers(""), ""));
    assertTrue(page.contains("<td>10.0000</td><td>12.5000</td><td class=\"worse\">+25.00 %"), page);
    assertTrue(
        page.contains(
            "<td>0.12500 ± 0.06250</td><td>0.09375</td><td>0.7500</td><td>1.500</td>"
                + "<td>87.50 ± 3.13 %</td><td>1.2500 ± 0.0156</td><td>6.250 ± 0.781 %</td>"),
        page);
    assertTrue(page.contains("1 h 2 min"), page);
    assertTrue(page.contains("3.00 GiB"), page);
    assertTrue(page.contains(">0.0300<"), page);
    assertTrue(page.contains("<th scope=\"row\">model.layers.2.up_proj</th><td>64 × 128</td>"));
    assertTrue(page.contains("<title>model.layers.1.q_proj: 0.03000</title>"), page);
    // sqrt(f / f(0)) at the end of a trace, with f = 0.5 and f(0) = 4.
    assertTrue(page.contains("model.layers.1.q_proj: 0.3536 after 5 iterations"), page);
    assertEquals(6, count(page, "after 5 iterations"));
  }

  @Test
  void everyTextIsEscaped() {
    String page = HtmlReport.page(report(layers(HOSTILE), HOSTILE));
    assertFalse(page.contains("<script"), page);
    assertFalse(page.contains("alert('"), page);
    assertTrue(page.contains("&lt;script&gt;alert(&#39;&quot;&amp;x&#39;)"), page);
    // What is saved from the page has the names as they are.
    assertEquals(
        "model.layers.0.q_proj" + HOSTILE,
        ParsedPage.of(page).figures("layers.csv").getFirst().get("layer"));
  }

  @Test
  void whatItCostIsSaidFirst() {
    String page = HtmlReport.page(report(layers(""), ""));
    String first = page.substring(page.indexOf("<dl"), page.indexOf("</dl>"));
    for (String figure :
        List.of(
            ">1.25 MB<", "before 5.00 MB, 25.0 % of it", ">12.50<", "before 10.00<", ">0.125<")) {
      assertTrue(first.contains(figure), figure + " of " + first);
    }
  }

  /** Every picture, and its figures as report.json has them. */
  @Test
  void figuresAreThoseOfTheJson() throws IOException {
    RunReport report = report(layers(""), "");
    JsonNode json = new ObjectMapper().readTree(ReportFile.toJson(report));
    ParsedPage page = ParsedPage.of(HtmlReport.page(report));
    assertEquals(
        Set.of("budget.csv", "convergence.csv", "errors.csv", "layers.csv", "phases.csv"),
        page.files());
    for (String file : List.of("layers.csv", "errors.csv")) {
      List<Map<String, String>> layers = page.figures(file);
      assertEquals(json.path("layers").size(), layers.size());
      for (int i = 0; i < layers.size(); i++) {
        JsonNode layer = json.path("layers").path(i);
        assertEquals(layer.path("name").asText(), layers.get(i).get("layer"));
        assertEquals(layer.path("relativeError").asText(), layers.get(i).get("relative error"));
      }
    }
    assertEquals("0.5", page.figures("layers.csv").getLast().get("zeros"));
    assertEquals("2", page.figures("layers.csv").getLast().get("block"));
    Map<String, String> trace = page.figures("convergence.csv").getFirst();
    assertEquals("0.5", trace.get("f after 5"));
    assertEquals("4.0", trace.get("f(0)"));
    List<Map<String, String>> phases = page.figures("phases.csv");
    for (int i = 0; i < phases.size(); i++) {
      JsonNode phase = json.path("phases").path(i);
      assertEquals(phase.path("name").asText(), phases.get(i).get("phase"));
      assertEquals(phase.path("seconds").asText(), phases.get(i).get("seconds"));
    }
    List<Map<String, String>> budget = page.figures("budget.csv");
    JsonNode chosen = json.path("budget").path(0).path("chosen");
    assertEquals(4, budget.size());
    assertEquals("true", budget.getLast().get("chosen"));
    assertEquals(chosen.path("cost").asText(), budget.getLast().get("bytes"));
    assertEquals(chosen.path("divergence").asText(), budget.getLast().get("divergence"));
    assertEquals("0.75", budget.getFirst().get("divergence"));
  }

  @Test
  void whatIsDrawnIsWhatIsThere() {
    ParsedPage page = ParsedPage.of(HtmlReport.page(report(layers(""), "")));
    assertEquals(6, page.marks("errors-map", "rect", "heat").size() - LEGEND);
    assertEquals(4, page.marks("budget", "path", "mark").size());
    assertEquals(1, page.marks("budget", "circle", "ring").size());
    assertEquals(2, page.marks("phases", "rect", "part").size());
    // The larger the error, the more colour.
    List<Double> colours =
        page.marks("errors-map", "rect", "heat").stream()
            .limit(6)
            .map(cell -> Double.parseDouble(cell.getAttribute("fill-opacity")))
            .toList();
    assertEquals(0.06, colours.getFirst());
    assertEquals(1, colours.getLast());
    assertTrue(colours.get(0) < colours.get(2) && colours.get(2) < colours.get(4));
    assertTrue(
        page.picture("errors-map")
            .getTextContent()
            .contains("model.layers.2.up_proj: " + Pictures.number(0.04)));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 200})
  void modelsOfAnyLengthAreDrawn(int blocks) {
    List<LayerReport> layers = new ArrayList<>();
    for (int block = 0; block < blocks; block++) {
      layers.add(layer("model.layers." + block + ".q_proj", 0.01 * (block + 1), List.of()));
    }
    layers.add(layer("lm_head", 0.5, List.of()));
    ParsedPage page = ParsedPage.of(HtmlReport.page(report(layers, "")));
    int legend = LEGEND;
    assertEquals(blocks + 1, page.marks("errors-map", "rect", "heat").size() - legend);
    double width = Double.parseDouble(page.picture("errors-map").getAttribute("width"));
    for (Element cell : page.marks("errors-map", "rect", "heat")) {
      double end =
          Double.parseDouble(cell.getAttribute("x"))
              + Double.parseDouble(cell.getAttribute("width"));
      assertTrue(end <= width, end + " of " + width);
      assertTrue(Double.parseDouble(cell.getAttribute("width")) >= 4);
    }
  }

  /** Experts of a block share a cell; the figures have each of them. */
  @Test
  void expertsShareACell() {
    List<LayerReport> layers = new ArrayList<>();
    for (int expert = 0; expert < 4; expert++) {
      layers.add(layer("model.layers.0.experts." + expert + ".up_proj", 0.1 * expert, List.of()));
    }
    ParsedPage page = ParsedPage.of(HtmlReport.page(report(layers, "")));
    assertEquals(1, page.marks("errors-map", "rect", "heat").size());
    assertEquals(4, page.figures("layers.csv").size());
    assertTrue(
        page.picture("errors-map").getTextContent().contains("4 layers: " + Pictures.number(0.15)));
  }

  @Test
  void bitsAndZerosHaveMapsWhereLayersDiffer() {
    ConstraintRule four = new ConstraintRule("", 4, 16, false, "");
    ConstraintRule block = new ConstraintRule("", 0, 0, false, "Q4_K");
    List<LayerReport> layers =
        List.of(
            quantized("model.layers.0.a", four, 0),
            quantized("model.layers.1.a", block, 0.25),
            quantized("model.layers.2.a", ConstraintRule.NONE, 0.5));
    ParsedPage page = ParsedPage.of(HtmlReport.page(report(layers, "")));
    assertEquals(2, page.marks("bits-map", "rect", "heat").size() - LEGEND);
    assertEquals(3, page.marks("zeros-map", "rect", "heat").size() - LEGEND);
    assertEquals(
        List.of("4.0", "4.5", ""),
        page.figures("layers.csv").stream().map(line -> line.get("bits")).toList());
    String alike = HtmlReport.page(report(layers.subList(0, 1), ""));
    assertTrue(alike.contains("Every layer with codes has 4 bits a weight."), alike);
    assertFalse(alike.contains("bits-map"), alike);
  }

  private static LayerReport quantized(String name, ConstraintRule rule, double zeros) {
    LayerReport plain = layer(name, 0.5, List.of());
    return new LayerReport(
        name,
        plain.file(),
        plain.rows(),
        plain.columns(),
        plain.dtype(),
        plain.constraint(),
        rule,
        plain.solver(),
        plain.precision(),
        plain.denseObjective(),
        plain.objective(),
        plain.relativeError(),
        0,
        zeros,
        1,
        "CONVERGED",
        0,
        0,
        0,
        List.of(),
        plain.inputs(),
        null);
  }

  /** Widths of every block, and nothing of those that are gone. */
  @Test
  void widthsAreThoseOfTheJson() throws IOException {
    StructureReport.Shape before = new StructureReport.Shape(64, 4, List.of(0, 1, 2));
    StructureReport.Shape kept =
        StructureReport.Shape.of(
            List.of(0, 2),
            List.of(new StructureReport.Size(48, 4), new StructureReport.Size(32, 1)));
    StructureReport structure = new StructureReport(kept, before, 16, 0.4, List.of());
    ParsedPage page = ParsedPage.of(HtmlReport.page(report(List.of(), "", List.of(structure))));
    assertEquals(6, page.marks("widths-map", "rect", "heat").size() - LEGEND);
    List<Map<String, String>> widths = page.figures("widths.csv");
    assertEquals(
        List.of("48", "0", "32"), widths.stream().map(line -> line.get("neurons")).toList());
    assertEquals(List.of("4", "0", "1"), widths.stream().map(line -> line.get("heads")).toList());
    assertEquals("64", widths.get(1).get("neurons before"));
    JsonNode json = new ObjectMapper().readTree(ReportFile.toJson(structure));
    assertEquals(
        json.path("kept").path("sizes").path(1).path("neurons").asText(),
        widths.get(2).get("neurons"));
  }

  /** No layers, layers of no error, a single iteration, names without blocks. */
  @Test
  void extremesAreDrawnToo() {
    List<List<LayerReport>> all =
        List.of(
            List.of(),
            List.of(layer("lm_head", 0, List.of())),
            List.of(layer("model.layers.0.a", 0, List.of(new TracePoint(0, 0)))),
            List.of(
                layer("model.layers.0.a", 1e-9, List.of(new TracePoint(0, 1e-9))),
                layer("lm_head", 7, List.of(new TracePoint(0, 9), new TracePoint(1, 28)))));
    for (List<LayerReport> layers : all) {
      String page = HtmlReport.page(report(layers, ""));
      assertFalse(page.contains("NaN"), page);
      assertFalse(page.contains("Infinity"), page);
      ParsedPage.of(page);
    }
  }

  /** What is no number is framed and told, and the others are drawn as if it were not there. */
  @Test
  void numbersThatAreNoneAreTold() {
    List<LayerReport> layers =
        List.of(
            layer("model.layers.0.a", 0.5, List.of(new TracePoint(0, 2), new TracePoint(3, 1))),
            layer("model.layers.1.a", Double.NaN, List.of(new TracePoint(0, Double.NaN))),
            layer("model.layers.2.a", Double.POSITIVE_INFINITY, List.of()));
    ParsedPage page = ParsedPage.of(HtmlReport.page(report(layers, "")));
    assertEquals(2, page.marks("errors-map", "rect", "odd").size());
    assertEquals(1, page.marks("errors-map", "rect", "heat").size());
    String words = page.picture("errors-map").getTextContent();
    assertTrue(words.contains("model.layers.1.a: not a number"), words);
    assertTrue(words.contains("model.layers.2.a: infinite"), words);
    assertEquals(
        List.of("0.5", "NaN", "Infinity"),
        page.figures("errors.csv").stream().map(line -> line.get("relative error")).toList());
  }

  /** Reports of earlier versions know neither phases nor sizes nor other budgets. */
  @Test
  void whatIsNotKnownIsNotDrawn() {
    RunReport known = report(List.of(), "");
    RunReport old =
        new RunReport(
            "1.0",
            Map.of(),
            Map.of(),
            Map.of(),
            List.of(),
            known.summary(),
            0,
            0,
            null,
            List.of(),
            List.of(),
            List.of(),
            known.files(),
            List.of(),
            null);
    ParsedPage page = ParsedPage.of(HtmlReport.page(old));
    assertEquals(List.of(), page.pictures());
    assertTrue(HtmlReport.page(old).contains("files of weights"));
  }

  @Test
  void theFileDoesNotDependOnTheLocale() throws IOException {
    RunReport report = report(layers(""), "");
    ReportFile.write(report, folder);
    HtmlReport.write(report, folder);
    String page = Files.readString(folder.resolve(HtmlReport.NAME));
    Locale before = Locale.getDefault();
    try {
      Locale.setDefault(Locale.GERMANY);
      assertEquals(page, HtmlReport.page(ReportFile.read(folder)));
    } finally {
      Locale.setDefault(before);
    }
  }

  private static int count(String text, String part) {
    return text.split(Pattern.quote(part), -1).length - 1;
  }
}
