// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.batch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.awp.fixture.GeneratedCheckpoint;
import dev.awp.fixture.OutputFolders;
import dev.awp.fixture.ParsedPage;
import dev.awp.fixture.Terminal;
import dev.awp.tensor.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** One batch on this machine, looked at from all sides: Spark starts once. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BatchCommandTest {
  private static final String BATCH =
      """
      models: [model]
      output: "out/{model}-{recipe}"
      calibration: text.txt
      sequences: 4
      sequence-length: 32
      recipes:
      - {name: small, sparsity: 0.5, solver: magnitude}
      - {name: bad, sparsity: 0.5, sequence-length: 100000}
      - {name: taken, sparsity: 0.5}
      - {name: late, sparsity: 0.5, statistics: others}
      - {name: logless, sparsity: 0.5, solver: magnitude}
      - name: large
        bits: 4
        group-size: 8
        solver: pgd
        evaluate: text.txt
        layers:
        - {match: down_proj, bits: 8}
      """;

  @TempDir private static Path folder;
  private Path jobs;
  private Terminal dryRun;
  private Terminal first;
  private JsonNode report;

  @BeforeAll
  void run() throws IOException {
    new GeneratedCheckpoint(2, 16, 24, 2, 1, DType.BF16).write(folder.resolve("model"));
    Files.writeString(folder.resolve("text.txt"), "A text of some words. ".repeat(20));
    new GeneratedCheckpoint(1, 16, 16, 2, 1, DType.BF16).write(folder.resolve("other"));
    new Terminal()
        .run(
            "calibrate",
            folder.resolve("other").toString(),
            folder.resolve("others").toString(),
            "--calibration=" + folder.resolve("text.txt"),
            "--sequences=4",
            "--sequence-length=32",
            "-q")
        .assertExit(0);
    Files.createDirectories(folder.resolve("out/model-taken"));
    Files.writeString(folder.resolve("out/model-taken/mine"), "");
    Files.createDirectories(folder.resolve("jobs-batch/logs/model+logless.log"));
    jobs = folder.resolve("jobs.yaml");
    Files.writeString(jobs, BATCH);
    dryRun = new Terminal().run("batch", jobs.toString(), "--dry-run", "-q");
    first = new Terminal().run("batch", jobs.toString(), "--master=local[2]", "--cores-per-run=1");
    report = new ObjectMapper().readTree(folder.resolve("jobs-batch/batch.json").toFile());
  }

  private JsonNode entry(String recipe) {
    for (JsonNode run : report.path("runs")) {
      if (run.path("recipe").asText().equals(recipe)) {
        return run;
      }
    }
    throw new AssertionError(recipe);
  }

  @Test
  void outputsAreThoseOfTheSameCommandsWithoutSpark() throws IOException {
    for (String line : commands()) {
      if (line.contains("model-small") || line.contains("model-large")) {
        String[] words = line.replace("/out/", "/plain/").split(" ");
        new Terminal()
            .run(Stream.concat(Stream.of(words), Stream.of("--threads=1", "-q")).toList())
            .assertExit(0);
      }
    }
    for (String name : List.of("model-small", "model-large")) {
      OutputFolders.assertSame(
          folder.resolve("plain").resolve(name), folder.resolve("out").resolve(name));
    }
  }

  private List<String> commands() {
    return new Terminal()
        .run("batch", jobs.toString(), "--commands")
        .assertExit(0)
        .out()
        .lines()
        .toList();
  }

  @Test
  void failuresAreResultsAndEndNoOtherRun() {
    first.assertExit(1);
    assertEquals("finished", entry("small").path("end").asText());
    assertEquals("finished", entry("large").path("end").asText());
    assertEquals("failed", entry("bad").path("end").asText());
    assertEquals("failed", entry("taken").path("end").asText());
    first
        .assertOut("model+bad: --sequence-length 100000 is more than")
        .assertOut("is there already, and is not what this run has written");
    assertFalse(Files.exists(folder.resolve("out/model-bad")));
    assertFalse(Files.exists(folder.resolve("out/model-bad.partial")));
  }

  @Test
  void whatARunItselfRefusesIsASentenceToo() {
    // Statistics are held against the model when its run has the checksums of its files.
    assertEquals("failed", entry("late").path("end").asText());
    assertEquals(1, entry("late").path("attempts").asInt());
    assertFalse(entry("late").path("sentence").asText().isBlank());
  }

  @Test
  void aLogThatCannotBeWrittenIsASentenceAndNotALostMachine() {
    JsonNode run = entry("logless");
    assertEquals(1, run.path("attempts").asInt());
    String sentence = run.path("sentence").asText();
    assertTrue(sentence.contains("logs/model+logless.log: cannot be written"), sentence);
  }

  @Test
  void theReportTellsChecksumsSizesAndPerplexity() throws IOException {
    JsonNode large = entry("large").path("result").path(0);
    assertEquals(
        OutputState.reportSum(folder.resolve("out/model-large")),
        large.path("reportSha256").asText());
    assertTrue(large.path("perplexity").path(0).path("after").asDouble() > 1);
    assertTrue(large.path("files").has("model.safetensors"));
    String page = Files.readString(folder.resolve("jobs-batch/batch.html"));
    assertTrue(page.contains("<td class=\"text\">large</td>"));
    assertTrue(page.contains("<h2>Failures</h2>"));
    ParsedPage parsed = ParsedPage.of(page);
    List<Map<String, String>> errors = parsed.figures("blocks.csv");
    JsonNode last = large.path("errors").path(1);
    assertEquals(4, errors.size());
    assertEquals("large", errors.getLast().get("recipe"));
    assertEquals(
        last.path("meanRelativeError").asText(), errors.getLast().get("mean relative error"));
    List<Map<String, String>> costs = parsed.figures("model-1.csv");
    assertEquals(1, costs.size());
    assertEquals(large.path("bytes").asText(), costs.getFirst().get("bytes"));
    assertEquals(
        large
            .path("perplexity")
            .path(0)
            .path("divergence")
            .path("divergence")
            .path("value")
            .asText(),
        costs.getFirst().get("KL divergence"));
    assertEquals(
        entry("small").path("result").path(0).path("phases").size() + large.path("phases").size(),
        parsed.figures("seconds.csv").size());
  }

  @Test
  void theDryRunTellsTheLongestFirst() {
    dryRun.assertExit(1);
    List<String> names =
        dryRun.out().lines().skip(1).map(line -> line.replaceFirst(" .*", "")).toList();
    assertTrue(names.indexOf("model+large") < names.indexOf("model+small"), dryRun.out());
    dryRun.assertOut("refused: --sequence-length 100000").assertOut("8 bit, groups of 8 by pgd");
  }

  @Test
  void budgetsAndStructureAreEstimatedInTheirPlaceOfTheOrder() throws IOException {
    Path file = folder.resolve("estimates.yaml");
    Files.writeString(
        file,
        """
        models: [model]
        output: "estimated/{model}-{recipe}"
        calibration: text.txt
        sequences: 4
        sequence-length: 32
        recipes:
        - {name: plain, bits: 4, group-size: 8}
        - {name: shorter, bits: 4, group-size: 8, prune-blocks: 1}
        - {name: budget, target-bits: 4.9, group-size: 8}
        - {name: blocks, prune-blocks: 1}
        """);
    Terminal plan = new Terminal().run("batch", file.toString(), "--dry-run").assertExit(0);
    List<String> rows = plan.out().lines().skip(1).limit(4).toList();
    assertTrue(rows.getFirst().startsWith("model+budget"), plan.out());
    assertTrue(rows.getLast().startsWith("model+blocks"), plan.out());
    assertTrue(rows.stream().noneMatch(row -> row.contains(" - ")), plan.out());
    plan.assertOut("estimated: the budget is shared by measured errors")
        .assertOut("estimated: which blocks go is measured")
        .assertOut("layers: none is compressed");
    assertFalse(plan.err().contains("measuring"), plan.err());
  }

  @Test
  void theSameCommandSkipsWhatIsFinished() throws IOException {
    Path again = folder.resolve("again.yaml");
    Files.writeString(
        again,
        """
        models: [model]
        output: "out/{model}-{recipe}"
        results: jobs-batch
        calibration: text.txt
        sequences: 4
        sequence-length: 32
        recipes:
        - {name: small, sparsity: 0.5, solver: magnitude}
        """);
    Path weights = folder.resolve("out/model-small/model.safetensors");
    FileTime written = Files.getLastModifiedTime(weights);
    new Terminal().run("batch", again.toString(), "-q").assertExit(0).assertOut("skipped");
    assertEquals(written, Files.getLastModifiedTime(weights));

    Files.writeString(again, Files.readString(again).replace("0.5", "0.6"));
    new Terminal()
        .run("batch", again.toString(), "-q")
        .assertExit(1)
        .assertOut("is not what this run has written");

    Files.writeString(again, Files.readString(again).replace("0.6", "0.5"));
    Path text = folder.resolve("text.txt");
    FileTime before = Files.getLastModifiedTime(text);
    Files.setLastModifiedTime(text, FileTime.from(Instant.now().plusSeconds(60)));
    new Terminal()
        .run("batch", again.toString(), "-q")
        .assertExit(1)
        .assertOut("is older than " + text);
    Files.setLastModifiedTime(text, before);
  }

  private Path nowhere(String more) throws IOException {
    return Files.writeString(
        folder.resolve("nowhere.yaml"),
        "models: [nothing]\noutput: nowhere\ncalibration: text.txt\nsparsity: 0.5\n" + more);
  }

  @Test
  void aMasterThatSparkDoesNotKnowIsRefusedBeforeAnyWork() throws IOException {
    new Terminal()
        .run("batch", nowhere("").toString(), "--master=local[0]")
        .assertMisuse("--master: 'local[0]' is none of spark://HOST:PORT");
    new Terminal()
        .run("batch", nowhere("spark: {spark.master: mesos}\n").toString())
        .assertRefused("spark.master: 'mesos' is none of spark://HOST:PORT");
  }

  @Test
  void whatAClusterNeedsAndIsNotThereIsToldBeforeAnyWork() throws IOException {
    new Terminal()
        .run("batch", nowhere("").toString(), "--master=yarn")
        .assertRefused("master yarn: Spark's part for it, spark-yarn, is not among the libraries");
    new Terminal()
        .run("batch", nowhere("").toString(), "--master=k8s://https://localhost:1")
        .assertRefused("Spark's part for it, spark-kubernetes, is not among the libraries")
        .assertErr("mvn -Pkubernetes");
  }

  @Test
  void misuseIsToldBeforeAnyWork() {
    new Terminal()
        .run("batch", jobs.toString(), "--dry-run", "--commands")
        .assertMisuse("--commands is for no --dry-run");
    new Terminal()
        .run("batch", jobs.toString(), "--cores-per-run=0")
        .assertMisuse("--cores-per-run is 1 or more");
    new Terminal()
        .run("batch", folder.resolve("none.yaml").toString())
        .assertRefused("none.yaml: cannot be read");
  }
}
