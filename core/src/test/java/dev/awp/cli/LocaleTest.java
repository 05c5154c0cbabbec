// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.fixture.GeneratedCheckpoint;
import dev.awp.fixture.Terminal;
import dev.awp.tensor.DType;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The language and the charset of a machine change nothing that is printed or written. */
class LocaleTest {
  @TempDir private Path folder;

  private final Locale before = Locale.getDefault();

  @AfterEach
  void restore() {
    Locale.setDefault(before);
  }

  private record Told(String plan, String summary, String inspection, String refusal, String page) {
    @Override
    public String toString() {
      return String.join("\n", plan, summary, inspection, refusal, page);
    }
  }

  /** Times and sizes differ from run to run, their form does not. */
  private static String form(String text) {
    return text.replaceAll("\\d+", "#");
  }

  private Told tell(Locale locale, Path model, Path text) throws IOException {
    Locale.setDefault(locale);
    Terminal awp = new Terminal();
    String output = folder.resolve("out").toString();
    List<String> words =
        List.of(
            "compress",
            model.toString(),
            output,
            "--calibration=" + text,
            "--sequence-length=32",
            "--sequences=4",
            "-q",
            "--evaluate=" + text);
    String plan = awp.run(with(words, "--bits=4", "--dry-run")).assertExit(0).out();
    String refusal = awp.run(with(words, "--target-bits=1.5")).assertExit(1).err();
    String summary = awp.run(with(words, "--sparsity=0.5")).assertExit(0).out();
    String inspection = awp.run("inspect", output, "-q").assertExit(0).out();
    String page =
        Files.readString(Path.of(output, "report.html"))
            + Files.readString(Path.of(output, "report.json"));
    Files.move(Path.of(output), folder.resolve(locale.toLanguageTag()));
    return new Told(form(plan), form(summary), inspection, refusal, page);
  }

  private static List<String> with(List<String> words, String... more) {
    return Stream.concat(words.stream(), Stream.of(more)).toList();
  }

  @Test
  void figuresAreTheSameInEveryLanguage() throws IOException {
    Path model = folder.resolve("model");
    new GeneratedCheckpoint(1, 16, 24, 2, 1, DType.F32).write(model);
    Path text = Files.writeString(folder.resolve("text.txt"), "Some words. ".repeat(99));
    Told root = tell(Locale.ROOT, model, text);
    for (String tag : List.of("ar-EG-u-nu-arab", "th-TH-u-nu-thai", "de-DE", "tr-TR")) {
      Told told = tell(Locale.forLanguageTag(tag), model, text);
      assertEquals(root.inspection(), told.inspection(), tag);
      assertEquals(root.refusal(), told.refusal(), tag);
      assertEquals(root.plan(), told.plan(), tag);
      assertEquals(root.summary(), told.summary(), tag);
      assertTrue(
          told.toString().chars().noneMatch(c -> c > '9' && Character.isDigit(c)), told.toString());
    }
  }

  /** A bare container has the locale C, where the JVM knows ASCII alone. */
  @Test
  void pathsAndPromptsOfAnyLanguageWorkWhereTheLocaleIsC() throws Exception {
    Path model = folder.resolve("model");
    new GeneratedCheckpoint(1, 16, 24, 2, 1, DType.F32).write(model);
    Path script =
        Files.writeString(
            folder.resolve("run.sh"),
            """
            set -eu
            . "$1/scripts/find-jdk.sh"
            awp_jvm "$1"
            name=$(printf 'mod\\303\\250le \\346\\250\\241')
            cp -r "$2/model" "$2/$name"
            exec "$3/bin/java" "${jvm_flags[@]}" -Dawp.blas=java -Dawp.kernels=scalar -cp "$4" dev.awp.cli.Main \\
              generate "$2/$name" --prompt "$name" --tokens 1 -q
            """);
    Path out = folder.resolve("told");
    ProcessBuilder builder =
        new ProcessBuilder(
                "bash",
                script.toString(),
                Path.of("..").toRealPath().toString(),
                folder.toString(),
                System.getProperty("java.home"),
                System.getProperty("java.class.path"))
            .redirectErrorStream(true)
            .redirectOutput(out.toFile());
    builder.environment().put("LC_ALL", "C");
    Process process = builder.start();
    assertTrue(process.waitFor(1, TimeUnit.MINUTES));
    String told = Files.readString(out, StandardCharsets.UTF_8);
    assertEquals(0, process.exitValue(), told);
    assertTrue(told.contains("mod\u00e8le \u6a21"), told);
  }
}
