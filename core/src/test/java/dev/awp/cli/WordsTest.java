// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.cli.value.ParameterCount;
import dev.awp.cli.value.Ranges;
import dev.awp.cli.value.SizeConverter;
import dev.awp.cli.value.SparsityArgument;
import dev.awp.fixture.GeneratedCheckpoint;
import dev.awp.fixture.Terminal;
import dev.awp.tensor.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/** Whatever is typed or stands in a recipe ends in a sentence, with exit code 0, 1 or 2. */
class WordsTest {
  /** Outside of every range, and of every type but text. */
  private static final List<String> OUTSIDE =
      List.of("-7", "NaN", "1e400", "", "x", "99999999999x");

  private static final List<String> WORDS =
      List.of(
              "0 1 -1 +4 0.5 0.5+4 2:4 + : 0:0 4 8 1e9 -0.0 99999999999999999999 true false auto pgd"
                  .split(" "),
              "admm high dense gguf gptq,awq , Q4_0 Q2_K F16 5GB 0GB NaN Infinity \u0663 \u202e none"
                  .split(" "),
              "error uniform a=b @x --bits $(x) * ' \" \u0085".split(" "))
          .stream()
          .flatMap(Arrays::stream)
          .toList();

  /** Folders that are written wherever a word says. */
  private static final List<String> WRITTEN = List.of("--keep", "--output");

  /** More of YAML than words. */
  private static final List<String> NODES =
      List.of("~", "[1, 2]", "{a: b}", "[]", "\"\\0\"", "\"\\e[2J\"", "!!binary x", "- 1", "|");

  @TempDir private Path folder;

  private final Terminal awp = new Terminal();
  private Path model;
  private Path text;

  @BeforeEach
  void model() throws IOException {
    model = folder.resolve("model");
    new GeneratedCheckpoint(1, 16, 24, 2, 1, DType.F32).write(model);
    text = Files.writeString(folder.resolve("text.txt"), "Some words. ".repeat(12));
  }

  /** What a command needs besides the option, so that it is soon done. */
  private Map<String, List<String>> commands() {
    String m = model.toString();
    String file = folder.resolve("model/model.safetensors").toString();
    String calibration = "--calibration=" + text;
    return Map.of(
        "compress",
            List.of(
                m,
                folder + "/out",
                calibration,
                "--sequence-length=8",
                "--sequences=1",
                "--threads=1",
                "--dry-run",
                "-q"),
        "compare", List.of(folder + "/none", calibration, "--bits=4", "--output=" + folder, "-q"),
        "eval", List.of(folder + "/none", text.toString(), "-q"),
        "generate", List.of(m, "--prompt=Hi", "--tokens=1", "-q"),
        "inspect", List.of(file, "-q"),
        "diff", List.of(file, file, "-q"),
        "verify", List.of(m, "-q"),
        "report", List.of(m),
        "demo", List.of("--keep=" + folder, "-q"),
        "completion", List.of());
  }

  private static List<OptionSpec> options(String command) {
    return new CommandLine(new Main()).getSubcommands().get(command).getCommandSpec().options();
  }

  /** The command with that word for the option, in the place of its own. */
  private List<String> with(String command, OptionSpec option, String word) {
    List<String> all = new ArrayList<>(List.of(command));
    all.addAll(commands().get(command));
    all.removeIf(given -> given.startsWith(option.longestName() + "="));
    all.add(option.longestName() + word);
    return all;
  }

  private void assertSentence(List<String> arguments) {
    awp.run(arguments);
    assertTrue(awp.exitCode() >= 0 && awp.exitCode() <= 2, awp.toString());
    String all = awp.err() + awp.out();
    assertTrue(!all.contains("an error of awp itself") && !all.contains("\tat "), awp.toString());
    assertTrue(awp.exitCode() == 0 || !awp.err().isBlank(), awp.toString());
  }

  @Test
  void valuesOutOfRangeAreMisuse() {
    int checked = 0;
    for (String command : commands().keySet()) {
      for (OptionSpec option : options(command)) {
        for (String value : hasRange(option) ? OUTSIDE : List.<String>of()) {
          awp.run(with(command, option, "=" + value)).assertMisuse(option.longestName());
          checked++;
        }
      }
    }
    assertTrue(checked > 100, checked + " values");
  }

  private static boolean hasRange(OptionSpec option) {
    return Arrays.stream(option.converters())
        .map(Object::getClass)
        .anyMatch(
            type ->
                type == SizeConverter.class
                    || type == ParameterCount.class
                    || type == SparsityArgument.Converter.class
                    || type.getEnclosingClass() == Ranges.class);
  }

  /** Every seed is one; words that are choices are checked by picocli. */
  @Test
  void everyNumberHasItsRange() {
    for (String command : commands().keySet()) {
      for (OptionSpec option : options(command)) {
        Class<?> type = option.auxiliaryTypes()[0];
        boolean number =
            Number.class.isAssignableFrom(type) || (type.isPrimitive() && type != boolean.class);
        assertTrue(
            !number || hasRange(option) || option.longestName().equals("--seed"),
            command + " " + option.longestName());
      }
    }
  }

  @Test
  void everyWordOfEveryOptionEndsInASentence() {
    SplittableRandom random = new SplittableRandom(7);
    for (String command : commands().keySet()) {
      for (OptionSpec option : options(command)) {
        if (!WRITTEN.contains(option.longestName())) {
          String word = WORDS.get(random.nextInt(WORDS.size()));
          assertSentence(with(command, option, random.nextInt(9) == 0 ? "" : "=" + word));
        }
      }
    }
  }

  @Test
  void everyWordOfEveryRecipeKeyEndsInASentence() throws IOException {
    SplittableRandom random = new SplittableRandom(11);
    List<String> values = new ArrayList<>(NODES);
    for (String word : WORDS) {
      values.add(word);
      values.add("'" + word.replace("'", "") + "'");
    }
    List<String> keys = new ArrayList<>(List.of("layers", "ignore", "\"\"", "~", "'bits '"));
    options("compress").forEach(option -> keys.add(option.longestName().substring(2)));
    for (String key : keys) {
      String bits = random.nextBoolean() ? "bits: 4\n" : "";
      String rule = random.nextInt(4) == 0 ? "layers:\n  - name: '*'\n    " : "";
      String value = values.get(random.nextInt(values.size()));
      assertSentence(compress(bits + rule + key + ": " + value + "\n"));
    }
  }

  private List<String> compress(String recipe) throws IOException {
    Path file = Files.writeString(folder.resolve("recipe.yaml"), recipe);
    List<String> all = new ArrayList<>(List.of("compress"));
    all.addAll(commands().get("compress"));
    all.add("--recipe=" + file);
    return all;
  }

  @Test
  void thoseThatFailedOnceEndInASentence() throws IOException {
    for (String key : List.of("restart", "resume", "dry-run", "json")) {
      awp.run(compress("bits: 4\n" + key + ": true\n")).assertRefused("there is no such key");
    }
    awp.run("compare", "" + model, "--joint=+4", "--calibration=" + text)
        .assertMisuse("a sparsity and bits are expected, such as 0.5+4");
  }
}
