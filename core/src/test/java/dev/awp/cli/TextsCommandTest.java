// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.awp.disk.Sha256;
import dev.awp.fixture.GeneratedCheckpoint;
import dev.awp.fixture.OutputFolders;
import dev.awp.fixture.Terminal;
import dev.awp.report.ReportFile;
import dev.awp.report.RunReport;
import dev.awp.report.TextReport;
import dev.awp.tensor.DType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Texts of all kinds, as commands take them and tell of them. */
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class TextsCommandTest {
  private static final String WORDS = "Some words of a text, and more of them. ";

  @TempDir private Path folder;
  private Path model;
  private final Terminal awp = new Terminal();

  @BeforeEach
  void generate() throws IOException {
    model = folder.resolve("model");
    new GeneratedCheckpoint(1, 16, 24, 2, 1, DType.BF16).write(model);
  }

  private Path file(String name, String content) throws IOException {
    return Files.writeString(folder.resolve(name), content);
  }

  private Terminal compress(Path text, String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "compress",
                model.toString(),
                folder.resolve("out").toString(),
                "--sparsity=0.5",
                "--sequences=2",
                "--sequence-length=32",
                "--calibration=" + text));
    arguments.addAll(List.of(more));
    return awp.run(arguments);
  }

  private RunReport report() {
    return ReportFile.read(folder.resolve("out"));
  }

  @Test
  void theReportTellsWhatTextsWereReadAs() throws IOException {
    Path rows =
        file(
            "rows.txt",
            "id,text,body\n1,\"%1$s\",x y\n2,,z\n3,\"%1$s\",w\n".formatted(WORDS.strip()));
    Path plain = file("plain.csv", WORDS.repeat(9));
    compress(rows).assertRefused("more than one field may hold the text");
    OutputFolders.assertNone(folder, "out");
    compress(rows, "--text-field=other").assertRefused("the fields are: id, text, body");
    compress(rows, "--text-field=text", "--evaluate=" + plain).assertExit(0);
    assertEquals(
        List.of(
            new TextReport(
                "calibration", "rows.txt", "CSV, text in \"text\"", 2, 2, Map.of("empty", 1L)),
            new TextReport("evaluation", "plain.csv", "plain text", 1, 1, Map.of())),
        report().texts());
    assertEquals(
        List.of("rows.txt: read as CSV, text in \"text\", 2 documents, 1 dropped (empty)"),
        report().warnings().stream().filter(text -> text.contains("dropped")).toList());
    assertEquals("text", report().options().get("textField"));
  }

  @Test
  void thePlanTellsItToo() throws IOException {
    Path rows = file("rows", "[\"%1$s\", \"\", \"%1$s\"]".formatted(WORDS.repeat(2)));
    compress(rows, "--dry-run")
        .assertExit(0)
        .assertOut(
            "calibration text rows: read as JSON list, documents 2, used 2, 1 dropped (empty)");
    compress(rows, "--dry-run", "--json").assertExit(0).assertOut("\"readAs\" : \"JSON list\"");
  }

  @Test
  void aFolderOfTextsIsOneText() throws IOException {
    Path texts = Files.createDirectory(folder.resolve("texts"));
    Files.writeString(texts.resolve("b.txt"), WORDS.repeat(3));
    Files.writeString(texts.resolve("a.jsonl"), "{\"text\": \"%s\"}".formatted(WORDS));
    compress(texts, "--evaluate=" + texts).assertExit(0);
    assertEquals(1, report().perplexity().size());
    assertEquals("texts", report().perplexity().getFirst().file());
    assertEquals(
        Sha256.of(texts.resolve("b.txt")),
        report().inputs().get("calibration text 1, texts/b.txt"));
    awp.run("eval", model.toString(), texts.toString(), "--sequence-length=32")
        .assertExit(0)
        .assertOut("texts: perplexity");
  }

  @Test
  @EnabledOnOs({OS.LINUX, OS.MAC})
  void aTextThroughAPipeHasItsChecksum() throws Exception {
    Path pipe = folder.resolve("fifo");
    assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor());
    String text = WORDS.repeat(5);
    Thread.ofVirtual()
        .start(
            () -> {
              try {
                Files.writeString(pipe, text);
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            });
    compress(pipe, "--evaluate=" + pipe).assertExit(0);
    String sum = Sha256.of(text.getBytes(StandardCharsets.UTF_8));
    assertEquals(sum, report().inputs().get("calibration text 1, pipe"));
    assertEquals(sum, report().inputs().get("evaluation text 1, pipe"));
    assertEquals(List.of("pipe"), report().options().get("calibration"));
  }

  @Test
  @EnabledOnOs({OS.LINUX, OS.MAC})
  void whatIsNoFileIsNamed() throws IOException {
    Path loop = folder.resolve("loop");
    Files.createSymbolicLink(loop, loop);
    compress(loop).assertRefused("loop: is a link that leads to no file");
    compress(Path.of("/dev/zero")).assertRefused("/dev/zero: is a device where a file is expected");
    compress(folder.resolve("none")).assertRefused("none: the file is missing");
    Path empty = Files.createDirectory(folder.resolve("empty"));
    compress(empty).assertRefused("empty: the folder holds no file");
    awp.run("eval", model.toString(), loop.toString())
        .assertRefused("loop: is a link that leads to no file");
    OutputFolders.assertNone(folder, "out");
    assertFalse(Files.exists(folder.resolve("out.partial")));
  }

  @Test
  void conversationsBecomeTextByTheModelsTemplate() throws IOException {
    Files.writeString(
        model.resolve("chat_template.jinja"),
        "<s>{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}</s>");
    Path rows = file("rows", "question,answer\n" + "What is it?,Something of a thing.\n".repeat(3));
    String text = "<s>[user]What is it?[assistant]Something of a thing.</s>";
    awp.run("eval", model.toString(), rows.toString(), "--sequence-length=32")
        .assertExit(0)
        // The special tokens of the template are one token each, and no others are added.
        .assertOut("text of %d tokens".formatted(3 * (text.length() - 5)));
    compress(rows).assertExit(0);
    assertEquals(
        new TextReport(
            "calibration",
            "rows",
            "CSV, conversations in \"question\" and \"answer\"",
            3,
            2,
            Map.of()),
        report().texts().getFirst());
  }

  @Test
  void conversationsOfAModelWithoutTemplateAreRefused() throws IOException {
    Path rows = file("rows", "{\"prompt\": \"a\", \"completion\": \"b\"}");
    compress(rows).assertRefused("rows, line 1: is a conversation, and ");
    compress(rows, "--text-field=prompt").assertRefused("is shorter than one window of 32");
  }
}
