// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.AwpException;
import dev.awp.compress.CompressionListener;
import dev.awp.compress.CompressionOptions;
import dev.awp.compress.CompressionOptions.Calibration;
import dev.awp.compress.ConstraintOptions;
import dev.awp.compress.walk.Compressor;
import dev.awp.compute.Compute;
import dev.awp.constraint.RowSparsity;
import dev.awp.eval.EvaluationOptions;
import dev.awp.fixture.GeneratedCheckpoint;
import dev.awp.fixture.OutputFolders;
import dev.awp.report.LayerReport;
import dev.awp.solver.registry.SolverOptions;
import dev.awp.tensor.DType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Files that are changed under a run: it ends with their name, and what it wrote is not believed.
 */
class ChangedInputsTest {
  private static final int LAYERS = 14;

  @TempDir private Path folder;
  private Path model;
  private Path out;

  @BeforeEach
  void generate() throws IOException {
    model = folder.resolve("model");
    new GeneratedCheckpoint(2, 16, 24, 2, 1, DType.BF16).write(model, 9000);
    Files.writeString(folder.resolve("text.txt"), "A text of some words, again. ".repeat(99));
    Files.writeString(folder.resolve("recipe.yaml"), "sparsity: 0.5\n");
    Files.writeString(folder.resolve("eval.txt"), "Another text of words. ".repeat(99));
    out = folder.resolve("out");
  }

  private interface Change {
    void make() throws IOException;
  }

  /** Does something behind a layer. */
  private record After(int layer, Change change, AtomicInteger count)
      implements CompressionListener {
    @Override
    public void layerFinished(int block, LayerReport report, long work) {
      if (count.incrementAndGet() == layer) {
        try {
          change.make();
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }
    }
  }

  private void run(Path output, CompressionListener listener) {
    CompressionOptions options =
        CompressionOptions.builder(model, output)
            .constraint(new ConstraintOptions(Optional.of(new RowSparsity(0.5)), Optional.empty()))
            .solver(SolverOptions.of("wanda"))
            .calibration(
                new Calibration(List.of(folder.resolve("text.txt")), 4, OptionalInt.of(32), 0))
            .evaluation(
                new EvaluationOptions(List.of(folder.resolve("eval.txt")), OptionalInt.empty()))
            .sources(List.of(folder.resolve("recipe.yaml")))
            .build();
    try (Compute compute = Compute.create(1)) {
      Compressor.run(options, "test", compute, listener);
    }
  }

  private static void overwrite(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.wrap(new byte[] {' '}), channel.size() - 1);
    }
  }

  private static void change(Path file, String how) throws IOException {
    switch (how) {
      case "overwritten" -> overwrite(file);
      case "truncated" -> {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
          channel.truncate(channel.size() / 2);
        }
      }
      case "removed" -> Files.delete(file);
      default -> {
        Path other = file.resolveSibling("other");
        Files.copy(file, other, StandardCopyOption.COPY_ATTRIBUTES);
        Files.move(other, file, StandardCopyOption.REPLACE_EXISTING);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "model/model-00001-of-00003.safetensors, overwritten, was written to",
    "model/model-00002-of-00003.safetensors, replaced, was replaced",
    "model/model-00003-of-00003.safetensors, removed, was removed",
    "model/model.safetensors.index.json, overwritten, was written to",
    "model/config.json, overwritten, was written to",
    "model/tokenizer.json, truncated, bytes and has",
    "text.txt, removed, was removed",
    "eval.txt, truncated, bytes and has",
    "recipe.yaml, replaced, was replaced",
  })
  void aRunWhoseInputChangesNamesItAndCanBeGoneOnWith(String name, String how, String rule)
      throws IOException {
    run(folder.resolve("expected"), new CompressionListener() {});
    Path file = folder.resolve(name);
    byte[] before = Files.readAllBytes(file);
    // Behind the last layer nothing but the last look finds it.
    int layer = how.equals("overwritten") ? LAYERS : 5;
    AwpException refusal =
        assertThrows(
            AwpException.class,
            () -> run(out, new After(layer, () -> change(file, how), new AtomicInteger())));
    assertTrue(refusal.getMessage().startsWith(file + ": "), refusal.getMessage());
    assertTrue(refusal.getMessage().contains(rule), refusal.getMessage());
    assertTrue(
        refusal.getMessage().contains("is kept in " + out + ".partial"), refusal.getMessage());
    assertFalse(Files.exists(out));
    assertTrue(Files.exists(folder.resolve("out.partial")));
    if (!how.equals("replaced")) {
      assertThrows(AwpException.class, () -> run(out, new CompressionListener() {}));
    }
    Files.write(file, before);
    AtomicInteger solved = new AtomicInteger();
    run(out, new After(-1, () -> {}, solved));
    assertTrue(solved.get() < LAYERS, "layers before the change are not solved again");
    OutputFolders.assertSame(folder.resolve("expected"), out);
  }

  @Test
  void aRunThatFinishedNoLayerLeavesNothing() throws IOException {
    CompressionListener early =
        new CompressionListener() {
          @Override
          public void planned(int blocks, int layers, long work) {
            try {
              overwrite(model.resolve("config.json"));
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          }
        };
    AwpException refusal = assertThrows(AwpException.class, () -> run(out, early));
    assertTrue(refusal.getMessage().contains("config.json: was written to"), refusal.getMessage());
    OutputFolders.assertNone(folder, "out");
  }

  @Test
  void filesThatTheRunDoesNotReadMayChange() throws IOException {
    Path other = Files.writeString(model.resolve("other.bin"), "x");
    run(out, new After(5, () -> Files.writeString(other, "another"), new AtomicInteger()));
    assertEquals(List.of(), OutputFolders.names(out).stream().filter("other.bin"::equals).toList());
  }
}
