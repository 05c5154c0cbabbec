// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.eval.question;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.AwpException;
import dev.awp.eval.question.Question.Choice;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What rows of known tasks stand for. */
class QuestionFileTest {
  @TempDir private Path folder;

  private Path file(String... lines) throws IOException {
    return Files.writeString(folder.resolve("q.jsonl"), String.join("\n", lines));
  }

  private QuestionFile read(String... lines) throws IOException {
    return QuestionFile.read(file(lines), Integer.MAX_VALUE);
  }

  private void assertRead(String kind, Question expected, String row) throws IOException {
    QuestionFile read = read(row);
    assertEquals(kind, read.kind());
    Question only = read.questions().getFirst();
    assertEquals(folder.resolve("q.jsonl") + ", line 1", only.place());
    assertEquals(expected, new Question("", only.choices(), only.answer()));
  }

  private static Question question(int answer, Choice... choices) {
    return new Question("", List.of(choices), answer);
  }

  @Test
  void plainQuestionsHaveASpaceWhereNoneIs() throws IOException {
    assertRead(
        "context, choices, answer",
        question(1, new Choice("A b", " c", 1), new Choice("A b", " d", 2)),
        "{\"context\": \"A b\", \"choices\": [\"c\", \" d\"], \"answer\": 1}");
    assertRead(
        "context, choices, answer",
        question(0, new Choice("A ", "\uD83D\uDE00e", 2), new Choice("A ", "d", 1)),
        "{\"context\": \"A \", \"choices\": [\"\uD83D\uDE00e\", \"d\"], \"answer\":"
            + " \"\uD83D\uDE00e\"}");
  }

  @Test
  void tasksHaveThePromptsOfLmEval() throws IOException {
    assertRead(
        "HellaSwag",
        question(
            1,
            new Choice("Go: He. Then  so He sits", " down ", 5),
            new Choice("Go: He. Then  so He sits", " up.", 3)),
        "{\"activity_label\": \"Go\", \"ctx_a\": \"He [title]Then [x] [y]  so\", \"ctx_b\": \"HE"
            + " SITS\", \"endings\": [\" down [step]\", \"up.\"], \"label\": \"1\", \"ind\": 4}");
    assertRead(
        "ARC",
        question(
            1,
            new Choice("Question: Why?\nAnswer:", " a", 1),
            new Choice("Question: Why?\nAnswer:", " bc", 2)),
        "{\"question\": \"Why?\", \"choices\": {\"text\": [\"a\", \"bc\"], \"label\": [\"1\","
            + " \"2\"]}, \"answerKey\": \"2\"}");
    assertRead(
        "OpenBookQA",
        question(0, new Choice("The sun", " a", 1), new Choice("The sun", " b", 1)),
        "{\"question_stem\": \"The sun\", \"choices\": {\"text\": [\"a\", \"b\"], \"label\":"
            + " [\"A\", \"B\"]}, \"answerKey\": \" A\"}");
    assertRead(
        "PIQA",
        question(
            0,
            new Choice("Question: Cut\nAnswer:", " x", 1),
            new Choice("Question: Cut\nAnswer:", " yy", 2)),
        "{\"goal\": \"Cut\", \"sol1\": \"x\", \"sol2\": \"yy\", \"label\": 0}");
    assertRead(
        "Winogrande",
        question(1, new Choice("So Ann", " is in.", 6), new Choice("So Bo", " is in.", 6)),
        "{\"sentence\": \"So _ is in.\", \"option1\": \"Ann\", \"option2\": \"Bo\", \"answer\":"
            + " \"2\"}");
    Question yes =
        question(
            1,
            new Choice("A text.\nQuestion: is it?\nAnswer:", " no", 2),
            new Choice("A text.\nQuestion: is it?\nAnswer:", " yes", 3));
    assertRead("BoolQ", yes, "{\"passage\": \"A text.\", \"question\": \"is it\", \"label\": 1}");
    assertRead(
        "BoolQ", yes, "{\"passage\": \"A text.\", \"question\": \"is it\", \"answer\": true}");
  }

  @Test
  void samplesOfLmEvalAreTakenAsTheyWereScored() throws IOException {
    String arguments =
        "\"arguments\": {\"gen_args_0\": {\"arg_0\": \"Q\", \"arg_1\": \" no\"}, \"gen_args_1\":"
            + " {\"arg_0\": \"Q\", \"arg_1\": \"1\"}}";
    Choice no = new Choice("Q", " no", 2);
    Choice one = new Choice("Q", "1", 1);
    String row = "{\"doc_id\": 7, \"doc\": {\"question\": \"Q\"}, %s, \"target\": \"%s\"}";
    assertRead("lm-eval's samples", question(0, no, one), row.formatted(arguments, "0"));
    assertRead("lm-eval's samples", question(0, no, one), row.formatted(arguments, "no"));
    assertRead("lm-eval's samples", question(1, no, one), row.formatted(arguments, "1"));
  }

  @Test
  void linesAreCountedAndPackedFilesAreRead() throws IOException {
    String row = "{\"goal\": \"Cut\", \"sol1\": \"x\", \"sol2\": \"y\", \"label\": 0}";
    QuestionFile read = read("", row, "  ", row, row);
    assertEquals(3, read.questions().size());
    assertEquals(folder.resolve("q.jsonl") + ", line 4", read.questions().get(1).place());
    Path packed = folder.resolve("packed");
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(packed))) {
      out.write((row + "\n" + row).getBytes(StandardCharsets.UTF_8));
    }
    assertEquals(2, QuestionFile.read(packed, 9).questions().size());
    assertEquals(1, QuestionFile.read(packed, 1).questions().size());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"context\": \"a\", \"choices\": [\"b\"], \"answer\": 1}|answer is no number from 0 to 0:"
            + " 1",
        "{\"context\": \"a\", \"choices\": [\"b\"], \"answer\": \"c\"}|answer is none of the"
            + " choices: \"c\"",
        "{\"context\": \"a\", \"choices\": [\"b\", \"b\"], \"answer\": \"b\"}|answer is several"
            + " choices: \"b\"",
        "{\"context\": \"a\", \"choices\": [], \"answer\": 0}|choices is no list of texts: []",
        "{\"context\": \"a\", \"choices\": [1], \"answer\": 0}|choices is no text: 1",
        "{\"context\": 5, \"choices\": [\"b\"], \"answer\": 0}|context is no text: 5",
        "{\"goal\": \"Cut\", \"sol1\": \"x\", \"sol2\": \"y\", \"label\": -1}|label is no number"
            + " from 0 to 1: -1",
        "{\"sentence\": \"a\", \"option1\": \"x\", \"option2\": \"y\", \"answer\": \"1\"}|sentence"
            + " has no _",
        "{\"question\": \"a\", \"choices\": [\"b\"], \"answerKey\": \"A\"}|choices.label is no list"
            + " of texts: nothing",
        "{\"doc_id\": 0, \"arguments\": {\"a\": {\"arg_0\": \"\", \"arg_1\": \"x\"}}, \"target\":"
            + " \"0\"}|arguments are no contexts",
        "{\"text\": \"a\"}|has the fields of no known kind of question: lm-eval's samples (doc_id,"
            + " arguments, target);",
        "[1]|is no JSON object",
        "{\"context\": |not valid JSON: "
      })
  void badRowsAreNamed(String row, String rule) throws IOException {
    Path file = file("", row);
    AwpException refusal =
        assertThrows(AwpException.class, () -> QuestionFile.read(file, Integer.MAX_VALUE));
    String begin = file + ", line 2: " + rule;
    assertTrue(refusal.getMessage().startsWith(begin), refusal.getMessage());
  }

  @Test
  void oneFileHoldsOneTask() throws IOException {
    Path file =
        file(
            "{\"goal\": \"Cut\", \"sol1\": \"x\", \"sol2\": \"y\", \"label\": 0}",
            "{\"goal\": \"Cut\", \"sol1\": \"x\"}");
    AwpException refusal =
        assertThrows(AwpException.class, () -> QuestionFile.read(file, Integer.MAX_VALUE));
    assertEquals(
        file
            + ", line 2: a question of PIQA has goal, sol1, sol2, label, and not all of them are"
            + " here",
        refusal.getMessage());
    assertThrows(AwpException.class, () -> read(" ", ""));
  }
}
