// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.batch;

import dev.awp.AwpException;
import dev.awp.disk.Sha256;
import dev.awp.report.ReportFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What lies at a run's output. Whose it is tells a note that was written before it was: the words
 * of the command, in {@code RESULTS/runs/NAME}. An output appears whole, by one rename.
 */
enum OutputState {
  /** Nothing: the run is to begin. */
  MISSING,
  /** Saved layers: the run goes on after them. */
  UNFINISHED,
  /** The output of these very words, newer than all that they read. */
  FINISHED;

  /**
   * Looks.
   *
   * @param name of the run
   * @param command its words
   * @param inputs all that it reads
   * @throws AwpException where something else lies there
   */
  static OutputState of(
      Path results, String name, List<String> command, Path output, List<Path> inputs) {
    boolean absent =
        Files.notExists(output, LinkOption.NOFOLLOW_LINKS)
            || (Files.isDirectory(output) && isEmpty(output));
    boolean begun = Files.exists(work(output).resolve("journal"));
    if (absent) {
      return begun ? UNFINISHED : MISSING;
    }
    Path report = ReportFile.of(output);
    if (!isSigned(results, name, command)) {
      throw new AwpException(
          output
              + ": is there already, and is not what this run has written; remove it, or choose"
              + " another output");
    }
    if (begun) {
      return UNFINISHED; // the run ended before it had tidied up
    }
    if (!Files.exists(report) || !ReportFile.isWhole(output)) {
      throw new AwpException(report + ": is missing or damaged; remove the output to begin anew");
    }
    newer(inputs, report)
        .ifPresent(
            input -> {
              throw new AwpException(
                  "%s: is older than %s, which it was made of; remove it to begin anew"
                      .formatted(output, input));
            });
    return FINISHED;
  }

  /** Where an output is until it is finished, with the layers that are saved. */
  static Path work(Path output) {
    return output.resolveSibling(output.getFileName() + ".partial");
  }

  /** Whether a note says that an output is, or will be, that of these words. */
  static boolean isSigned(Path results, String name, List<String> command) {
    return note(results, name).equals(Optional.of(text(command)));
  }

  /** Notes whose output will appear, where there is none yet. */
  static void sign(Path results, String name, List<String> command) {
    Path file = file(results, name);
    try {
      Files.createDirectories(file.getParent());
      Path sibling = Files.createTempFile(file.getParent(), "note", ".partial");
      try {
        Files.writeString(sibling, text(command));
        Files.move(
            sibling, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      } finally {
        Files.deleteIfExists(sibling);
      }
    } catch (IOException e) {
      throw new AwpException(file + ": cannot be written: " + e.getMessage(), e);
    }
  }

  /** The checksum of an output's report.json. */
  static String reportSum(Path output) {
    Path report = ReportFile.of(output);
    try {
      return Sha256.of(Files.readAllBytes(report));
    } catch (IOException e) {
      throw new AwpException(report + ": cannot be read: " + e.getMessage(), e);
    }
  }

  private static Path file(Path results, String name) {
    return results.resolve("runs").resolve(name);
  }

  private static Optional<String> note(Path results, String name) {
    Path file = file(results, name);
    try {
      return Optional.of(Files.readString(file, StandardCharsets.UTF_8));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw new AwpException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  private static String text(List<String> command) {
    return BatchRun.quoted(command) + "\n";
  }

  private static boolean isEmpty(Path folder) {
    try (Stream<Path> content = Files.list(folder)) {
      return content.findAny().isEmpty();
    } catch (IOException e) {
      throw new AwpException(folder + ": cannot be read: " + e.getMessage(), e);
    }
  }

  /** The first input, or file in one, that was written to after the report was. */
  private static Optional<Path> newer(List<Path> inputs, Path report) {
    try {
      FileTime written = Files.getLastModifiedTime(report);
      for (Path input : inputs) {
        for (Path file : files(input)) {
          if (Files.getLastModifiedTime(file).compareTo(written) > 0) {
            return Optional.of(file);
          }
        }
      }
      return Optional.empty();
    } catch (IOException e) {
      throw new AwpException(
          "an input of %s cannot be looked at: %s".formatted(report, e.getMessage()), e);
    }
  }

  private static List<Path> files(Path input) throws IOException {
    if (!Files.isDirectory(input)) {
      return Files.exists(input) ? List.of(input) : List.of();
    }
    List<Path> files = new ArrayList<>();
    try (Stream<Path> content = Files.list(input)) {
      content.filter(Files::isRegularFile).forEach(files::add);
    }
    return files;
  }
}
