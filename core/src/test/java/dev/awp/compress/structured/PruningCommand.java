// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.structured;

import dev.awp.AwpException;
import dev.awp.compress.CompressionListener;
import dev.awp.compress.CompressionOptions;
import dev.awp.compress.Start;
import dev.awp.compress.walk.Compressor;
import dev.awp.compute.Compute;
import dev.awp.fixture.Terminal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** {@code awp compress} of a test's model, with a text to calibrate and to evaluate on. */
abstract class PruningCommand {
  @TempDir Path folder;
  Path model;
  Path text;
  Path out;

  @BeforeEach
  void writeText() throws IOException {
    model = folder.resolve("model");
    out = folder.resolve("out");
    String sentence = "Many words of 7 kinds, and more of them; again? No: (others). ";
    text = Files.writeString(folder.resolve("text.txt"), sentence.repeat(30));
  }

  final Terminal compress(Path output, String... more) {
    List<String> arguments =
        new ArrayList<>(List.of("compress", model.toString(), output.toString()));
    arguments.addAll(
        List.of("--calibration=" + text, "--sequences=8", "--sequence-length=64", "--threads=2"));
    arguments.addAll(List.of(more));
    if (!arguments.contains("--dry-run")) {
      arguments.add("--quiet");
    }
    return new Terminal().run(arguments);
  }

  /** What {@code awp eval} says of the text. */
  final double perplexity(Path of) {
    Terminal eval =
        new Terminal().run("eval", of.toString(), text.toString(), "--sequence-length=64");
    eval.assertExit(0);
    return Double.parseDouble(eval.out().replaceAll("(?s).*?perplexity ([0-9.]+).*", "$1"));
  }

  /** Stops at the so-manieth step that is pruned. */
  static final class Stopper implements CompressionListener {
    final List<String> told = new ArrayList<>();
    private int left;

    Stopper(int steps) {
      this.left = steps;
    }

    @Override
    public void step(String what) {
      told.add(what);
      if (what.contains(": pruning ") && left-- == 0) {
        throw new AwpException("stopped");
      }
    }
  }

  static void run(CompressionOptions options, int threads, int steps) {
    run(options, threads, new Stopper(steps));
  }

  static void run(CompressionOptions options, int threads, Stopper stopper) {
    try (Compute compute = Compute.create(threads)) {
      var _ = Compressor.run(options, Start.CONTINUE, "test", compute, stopper);
    }
  }
}
