// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** What README.md and docs tell readers to type is what awp takes, and is run by something. */
class DocumentedCommandsTest {
  /** The working folder of a module's tests is the module. */
  private static final Path ROOT = Path.of("..");

  private static final Pattern WORD = Pattern.compile("(?:[^\\s\"]|\"[^\"]*\")+");
  private static final Pattern INLINE = Pattern.compile("`awp ([^`]+)`");

  @Test
  void everyCommandIsTaken() throws Exception {
    List<String> wrong = new ArrayList<>();
    int taken = 0;
    CommandLine awp = commandLine();
    for (String line : output(0, "commands")) {
      String[] cells = line.split("\t", -1);
      assertEquals(3, cells.length, line);
      if (cells[2].startsWith("awp ")) {
        taken++;
        List<String> words = words(cells[2]);
        try {
          awp.parseArgs(words.subList(1, words.size()).toArray(String[]::new));
        } catch (ParameterException e) {
          wrong.add(line + ": " + e.getMessage());
        }
      }
    }
    assertEquals(List.of(), wrong);
    assertTrue(taken > 40, "only " + taken + " commands were found");
  }

  @Test
  void everyOptionInASentenceIsThere() throws IOException {
    List<String> wrong = new ArrayList<>();
    int found = 0;
    Map<String, CommandLine> commands = commandLine().getSubcommands();
    for (Path page : pages()) {
      Matcher inline = INLINE.matcher(Files.readString(page));
      while (inline.find()) {
        List<String> words = words(inline.group(1));
        CommandLine command = commands.get(words.getFirst());
        if (words.getFirst().startsWith("--") || words.getFirst().equals(BatchCommand.NAME)) {
          continue;
        }
        assertNotNull(command, page + ": " + inline.group());
        for (String word : words) {
          if (word.startsWith("--") && !word.endsWith("...")) {
            found++;
            if (command.getCommandSpec().findOption(word.replaceAll("=.*", "")) == null) {
              wrong.add(page + ": " + inline.group() + ": " + word);
            }
          }
        }
      }
    }
    assertEquals(List.of(), wrong);
    assertTrue(found > 5, "only " + found + " options were found");
  }

  @Test
  void everyCommandIsRunBySomething() throws Exception {
    List<String> lines = output(0, "newcomer", "--list");
    assertTrue(
        lines.stream().filter(line -> line.startsWith("an empty root: ")).count() > 40,
        String.join("\n", lines));
  }

  private static CommandLine commandLine() {
    PrintWriter nowhere = new PrintWriter(Writer.nullWriter());
    return Main.commandLine(nowhere, nowhere);
  }

  private static List<String> words(String command) {
    return WORD.matcher(command).results().map(word -> word.group().replace("\"", "")).toList();
  }

  private static List<Path> pages() throws IOException {
    try (Stream<Path> docs = Files.list(ROOT.resolve("docs"))) {
      return Stream.concat(
              Stream.of(ROOT.resolve("README.md")),
              docs.filter(file -> file.toString().endsWith(".md")).sorted())
          .toList();
    }
  }

  /** Lines of what a script prints on both of its streams. */
  private static List<String> output(int expectedExit, String script, String... arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(ROOT.resolve("scripts").resolve(script).toString());
    command.addAll(List.of(arguments));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(expectedExit, process.waitFor(), printed);
    return printed.lines().toList();
  }
}
