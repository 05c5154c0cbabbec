// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.awp.fixture.GeneratedCheckpoint;
import dev.awp.fixture.Terminal;
import dev.awp.report.DivergenceReport;
import dev.awp.report.PerplexityReport;
import dev.awp.report.ReportFile;
import dev.awp.tensor.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code awp eval} as a person types it. */
class EvalCommandTest {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  @TempDir private Path folder;
  private final Terminal awp = new Terminal();
  private String model;
  private String text;

  @BeforeEach
  void generate() throws IOException {
    Path path = folder.resolve("model");
    new GeneratedCheckpoint(1, 16, 24, 2, 1, DType.F32).write(path);
    model = path.toString();
    text =
        Files.writeString(folder.resolve("text.txt"), "A text of some words, again. ".repeat(40))
            .toString();
  }

  private String compressed() {
    String output = folder.resolve("out").toString();
    awp.run(
            "compress",
            model,
            output,
            "--sparsity",
            "0.5",
            "--calibration",
            text,
            "--sequences",
            "4",
            "--sequence-length",
            "32",
            "--evaluate",
            text,
            "--quiet")
        .assertExit(0)
        .assertOut("KL divergence 0.")
        .assertOut("same top token ");
    return output;
  }

  /** What compress says of its output is what eval says of it beside the original. */
  @Test
  void theReportAndEvalAgree() throws IOException {
    String output = compressed();
    PerplexityReport told = ReportFile.read(Path.of(output)).perplexity().getFirst();
    JsonNode json =
        JSON.readTree(
            awp.run(
                    "eval",
                    output,
                    text,
                    "--reference",
                    model,
                    "--sequence-length",
                    "32",
                    "--json",
                    "--quiet")
                .assertExit(0)
                .out());
    assertEquals("out", json.path("model").asText());
    assertEquals("model", json.path("reference").asText());
    JsonNode one = json.path("texts").path(0);
    JsonNode compared = one.path("compared");
    assertEquals(told.after(), one.path("perplexity").path("value").asDouble());
    assertEquals(told.afterError(), one.path("perplexity").path("standardError").asDouble());
    assertEquals(told.before(), compared.path("perplexity").path("value").asDouble());
    DivergenceReport divergence =
        JSON.treeToValue(compared.path("divergence"), DivergenceReport.class);
    assertEquals(told.divergence(), divergence);
    assertTrue(divergence.divergence().value() > 0);
    assertTrue(divergence.isMeasured());
    String page = Files.readString(Path.of(output, "report.html"));
    assertTrue(page.contains("Divergence from the original"), page);
  }

  @Test
  void perplexityHasItsError() {
    awp.run("eval", model, text, "--sequence-length", "32", "--quiet").assertExit(0);
    assertTrue(
        awp.out().matches("(?s)text.txt: perplexity [0-9.]+ \\+/- [0-9.]+, 37 windows of 32.*"),
        awp.out());
  }

  @Test
  void aReferenceIsToldBesideTheModel() {
    awp.run("eval", model, text, "--reference", model, "--sequence-length", "32", "--quiet")
        .assertExit(0)
        .assertOut("  reference: perplexity ")
        .assertOut("KL divergence 0.00000 +/- 0.00000")
        .assertOut("same top token 100.00 +/- 0.00 %")
        .assertOut("perplexity ratio 1.00000 +/- 0.00000");
  }

  @Test
  void aMissingReferenceIsOneSentence() {
    awp.run("eval", model, text, "--reference", folder.resolve("none").toString(), "--quiet")
        .assertExit(1)
        .assertErr("none");
  }

  @Test
  void questionsAreAnsweredByBothModels() throws IOException {
    String questions =
        Files.writeString(
                folder.resolve("q.jsonl"),
                "{\"goal\": \"Cut\", \"sol1\": \"x\", \"sol2\": \"y z\", \"label\": 0}\n".repeat(3))
            .toString();
    awp.run("eval", model, "--choices", questions, "--reference", model, "--quiet")
        .assertExit(0)
        .assertOut("q.jsonl: 3 questions, read as PIQA: accuracy ")
        .assertOut(" %, length-normalised ")
        .assertOut("  reference: accuracy ");
    JsonNode one =
        JSON.readTree(
                awp.run(
                        "eval",
                        model,
                        text,
                        "--choices",
                        questions,
                        "--questions",
                        "2",
                        "--json",
                        "--quiet")
                    .assertExit(0)
                    .out())
            .path("choices")
            .path(0);
    assertEquals(2, one.path("questions").asInt());
    assertEquals(2, one.path("model").path("logLikelihoods").size());
    assertTrue(one.path("reference").isNull());
  }

  @Test
  void whatIsToBeMeasuredMustBeSaid() {
    awp.run("eval", model).assertMisuse("say what to measure: a TEXT, --choices FILE, or both");
    awp.run("eval", model, text, "--questions", "3").assertMisuse("--questions needs --choices");
    awp.run("eval", model, "--choices", "q", "--sequence-length", "32")
        .assertMisuse("--sequence-length needs a TEXT");
  }

  @Test
  void compareHasTheDivergence() throws IOException {
    String output = folder.resolve("table").toString();
    awp.run(
            "compare",
            model,
            "--bits",
            "4,2",
            "--group-size",
            "0",
            "--methods",
            "rtn",
            "--calibration",
            text,
            "--sequences",
            "4",
            "--sequence-length",
            "32",
            "--evaluate",
            text,
            "--output",
            output,
            "--quiet")
        .assertExit(0)
        .assertOut(", KL ")
        .assertOut(", same top ");
    JsonNode cells = JSON.readTree(Path.of(output, "comparison.json").toFile()).path("cells");
    double four = divergence(cells.path(0));
    double two = divergence(cells.path(1));
    assertTrue(two > four && four > 0, four + " " + two);
    String[] csv = Files.readString(Path.of(output, "comparison.csv")).split("\n", -1);
    assertEquals(
        csv[0].split(",", -1).length,
        csv[1].replaceAll("\"[^\"]*\"", "").split(",", -1).length,
        csv[1]);
    assertTrue(csv[0].contains(",kl_mean,"), csv[0]);
  }

  private static double divergence(JsonNode cell) {
    return cell.path("perplexity")
        .path(0)
        .path("divergence")
        .path("divergence")
        .path("value")
        .asDouble();
  }
}
