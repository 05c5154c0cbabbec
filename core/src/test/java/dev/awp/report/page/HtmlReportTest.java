// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.report.page;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.report.DivergenceReport;
import dev.awp.report.Estimate;
import dev.awp.report.LayerReport;
import dev.awp.report.LayerReport.TracePoint;
import dev.awp.report.PerplexityReport;
import dev.awp.report.ReportFile;
import dev.awp.report.RunReport;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.xml.sax.InputSource;

/** The page for people: everything escaped, nothing from elsewhere, the numbers of report.json. */
class HtmlReportTest {
  private static final String HOSTILE = "<script>alert('\"&x')</script>";

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
    return new RunReport(
        "1.0" + text,
        Map.of("java", "25" + text),
        Map.of("model", "m" + text, "calibration", List.of("c" + text)),
        Map.of(),
        List.of("w" + text),
        RunReport.Summary.of(layers, 3725.4),
        3L << 30,
        List.of(),
        List.of(new PerplexityReport("t" + text, 256, 12, 10, 12.5, 0.25, 0.5, DIVERGENCE)),
        layers,
        Map.of(),
        List.of());
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
  }

  @Test
  void nothingComesFromElsewhere() {
    String page = HtmlReport.page(report(layers(""), ""));
    for (String outside : List.of("http:", "https:", "//", "@import", "url(", "src=", "<link")) {
      assertFalse(page.contains(outside), outside);
    }
  }

  @Test
  void picturesAreWellFormedAndNamed() throws Exception {
    String page = HtmlReport.page(report(layers(HOSTILE), ""));
    Matcher pictures = Pattern.compile("<svg.*?</svg>", Pattern.DOTALL).matcher(page);
    int seen = 0;
    while (pictures.find()) {
      seen++;
      Document svg =
          DocumentBuilderFactory.newInstance()
              .newDocumentBuilder()
              .parse(new InputSource(new StringReader(pictures.group())));
      assertEquals("img", svg.getDocumentElement().getAttribute("role"));
      assertEquals(
          "title", svg.getDocumentElement().getElementsByTagName("title").item(0).getNodeName());
      assertFalse(pictures.group().contains("NaN"), pictures.group());
      assertFalse(pictures.group().contains("Infinity"), pictures.group());
    }
    assertEquals(2, seen);
    assertEquals(count(page, "<table"), count(page, "<tbody>"));
    assertEquals(4, count(page, "<thead>"));
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
    }
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
