// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Links of the documents, and documents that the sources name, lead somewhere. */
class LinksTest {
  /** The working folder of a module's tests is the module. */
  private static final Path ROOT = Path.of("..");

  private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s]+)\\)");
  private static final Pattern HEADING = Pattern.compile("^#{1,6} +(.*?) *$");
  private static final Pattern NAMED = Pattern.compile("(?<![\\w./-])docs/[\\w./-]+\\.(?:md|json)");

  @Test
  void everyLinkOfADocumentLeadsToAFileAndAHeading() {
    List<String> broken = new ArrayList<>();
    int links = 0;
    for (Path document : documents()) {
      for (String line : prose(document)) {
        Matcher link = LINK.matcher(line);
        while (link.find()) {
          if (!link.group(1).contains("://")) {
            links++;
            if (!leads(document, link.group(1))) {
              broken.add(document + ": " + link.group(1));
            }
          }
        }
      }
    }
    assertEquals(List.of(), broken);
    assertTrue(links > 50, "only " + links + " links were found");
  }

  @Test
  void everyDocumentThatASourceNamesIsThere() {
    Set<String> missing = new HashSet<>();
    Set<String> named = new HashSet<>();
    for (Path source : sources()) {
      Matcher name = NAMED.matcher(read(source));
      while (name.find()) {
        named.add(name.group());
        if (!Files.exists(ROOT.resolve(name.group()))) {
          missing.add(source + ": " + name.group());
        }
      }
    }
    assertEquals(Set.of(), missing);
    assertTrue(named.size() > 10, "only " + named + " were found");
  }

  @Test
  void headingsAreNamedAsReadersOfMarkdownNameThem() {
    assertEquals(
        Set.of("one-step", "what-is-written-its-size", "one-step-1", "--tune"),
        anchors(
            List.of("# One step", "## What is written, its `size`", "### One step", "# `--tune`")));
  }

  private static boolean leads(Path document, String target) {
    int hash = target.indexOf('#');
    String path = hash < 0 ? target : target.substring(0, hash);
    Path file = path.isEmpty() ? document : document.resolveSibling(path).normalize();
    return Files.exists(file)
        && (hash < 0 || anchors(prose(file)).contains(target.substring(hash + 1)));
  }

  /**
   * Names of headings: small letters, hyphens for spaces, nothing for marks, a number for twins.
   */
  private static Set<String> anchors(List<String> lines) {
    Set<String> anchors = new HashSet<>();
    for (String line : lines) {
      Matcher heading = HEADING.matcher(line);
      if (heading.matches()) {
        String name =
            heading
                .group(1)
                .toLowerCase(Locale.ROOT)
                .replaceAll("[^\\p{L}\\p{N}_ -]", "")
                .replace(' ', '-');
        String twin = name;
        for (int i = 1; !anchors.add(twin); i++) {
          twin = name + "-" + i;
        }
      }
    }
    return anchors;
  }

  /** Lines that are no program text. */
  private static List<String> prose(Path document) {
    List<String> lines = new ArrayList<>();
    boolean program = false;
    for (String line : read(document).lines().toList()) {
      if (line.startsWith("```")) {
        program = !program;
      } else if (!program) {
        lines.add(line);
      }
    }
    return lines;
  }

  private static List<Path> documents() {
    return Stream.of(ROOT, ROOT.resolve("docs"), ROOT.resolve("docs/decisions"))
        .flatMap(folder -> list(folder).stream())
        .filter(file -> file.toString().endsWith(".md"))
        .toList();
  }

  private static List<Path> sources() {
    return Stream.of("core/src", "ffm-bindings/src", "batch/src", "bench/src", "scripts", "docs")
        .flatMap(folder -> walk(ROOT.resolve(folder)).stream())
        .filter(file -> file.toString().matches(".*(\\.java|\\.py|\\.md|/scripts/[a-z-]+)"))
        .toList();
  }

  private static List<Path> list(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files.sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<Path> walk(Path folder) {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(Files::isRegularFile).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
