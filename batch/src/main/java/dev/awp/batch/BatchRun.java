// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.batch;

import dev.awp.compress.CompressionOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * One compression of a batch.
 *
 * @param model name of the model
 * @param recipe name of the recipe
 * @param words behind {@code awp compress}: model, output and options
 * @param options what the words ask for
 */
record BatchRun(String model, String recipe, List<String> words, CompressionOptions options) {
  BatchRun {
    words = List.copyOf(words);
  }

  /** Names one run of a batch; a file may be called so. */
  String name() {
    return model + "+" + recipe;
  }

  Path output() {
    return options.output();
  }

  /** The whole command: what decides the bytes, and nothing that a machine adds. */
  List<String> command() {
    return Stream.concat(Stream.of("compress"), words.stream()).toList();
  }

  /** Whether the words set an option. */
  boolean has(String option) {
    return words.stream().anyMatch(word -> word.startsWith(option + "="));
  }

  /** Every file or folder that is read. */
  List<Path> inputs() {
    List<Path> inputs = new ArrayList<>(List.of(options.model()));
    inputs.addAll(options.calibration().files());
    options.calibration().statistics().ifPresent(inputs::add);
    inputs.addAll(options.evaluation().files());
    inputs.addAll(options.sources());
    return inputs;
  }

  /** A command as a shell takes it. */
  static String quoted(List<String> words) {
    return String.join(" ", words.stream().map(BatchRun::quoted).toList());
  }

  private static String quoted(String word) {
    return word.matches("[A-Za-z0-9_@%+=:,./-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
  }
}
