// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.structured;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.awp.AwpException;
import dev.awp.checkpoint.Checkpoint;
import dev.awp.compress.CompressionListener;
import dev.awp.compress.CompressionOptions;
import dev.awp.compress.Start;
import dev.awp.compress.walk.Compressor;
import dev.awp.compute.Compute;
import dev.awp.compute.KernelProvider;
import dev.awp.config.AttentionConfig;
import dev.awp.config.BlockConfig;
import dev.awp.fixture.Terminal;
import dev.awp.model.ModelLayout;
import dev.awp.report.StructureReport;
import dev.awp.report.StructureReport.Part;
import dev.awp.stored.StoredTensor;
import dev.awp.stored.TensorReader;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
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

  static List<Part> parts(StructureReport report, int block) {
    return report.parts().stream().filter(part -> part.block() == block).toList();
  }

  /**
   * Every tensor of a block is the part of the original's that its steps' units leave.
   *
   * @param index of the block among those that stay
   * @return how many tensors these are
   */
  static int assertBlockIsPart(
      Checkpoint before, Checkpoint after, StructureReport report, int index) {
    ModelLayout whole = ModelLayout.of(before.config());
    ModelLayout layout = ModelLayout.of(after.config());
    int block = report.kept().blocks().get(index);
    String prefix = layout.prefix(index);
    List<String> own = layout.shapes().keySet().stream().filter(n -> n.startsWith(prefix)).toList();
    for (String name : own) {
      assertIsPart(
          before.tensor(whole.prefix(block) + name.substring(prefix.length())),
          after.tensor(name),
          parts(report, block),
          before.config().block(block));
    }
    return own.size();
  }

  /** The rows and columns of a tensor that its step's units leave, by the tensor's name. */
  static void assertIsPart(
      StoredTensor before, StoredTensor after, List<Part> parts, BlockConfig block) {
    float[][] was = values(before);
    float[][] is = values(after);
    String name = before.name();
    String last = name.replaceAll("\\.(weight|bias)$", "").replaceAll(".*\\.", "");
    boolean attention = block.ownAttention().isPresent() && last.matches("[qkvo]_proj");
    boolean fed =
        block.ownMlp().isPresent()
            && (last.matches("(up|gate|down)_proj") || name.contains("shared_mlp"));
    int[] rows = IntStream.range(0, was.length).toArray();
    int[] columns = IntStream.range(0, was[0].length).toArray();
    boolean reads = last.matches("o_proj|down_proj|output_linear");
    if (attention || fed) {
      int[] units = units(parts, attention ? "attention" : "mlp");
      int[] kept = attention ? heads(units, last, block.attention()) : units;
      if (last.equals("input_linear")) {
        int width = block.mlp().width();
        kept =
            IntStream.concat(IntStream.of(kept), IntStream.of(kept).map(k -> k + width)).toArray();
      }
      boolean bias = name.endsWith(".bias");
      if (reads && !bias) {
        columns = kept;
      } else if (!reads && bias) {
        columns = kept;
      } else if (!reads) {
        rows = kept;
      }
    }
    assertEquals(rows.length, is.length, name);
    for (int r = 0; r < rows.length; r++) {
      float[] expected = new float[columns.length];
      for (int c = 0; c < expected.length; c++) {
        expected[c] = was[rows[r]][columns[c]];
      }
      assertArrayEquals(expected, is[r], name);
    }
  }

  private static int[] units(List<Part> parts, String step) {
    return parts.stream()
        .filter(part -> part.step().equals(step))
        .flatMap(part -> part.kept().stream())
        .mapToInt(unit -> unit)
        .toArray();
  }

  /** Rows of queries with the gates behind each head, of keys and values; columns of outputs. */
  private static int[] heads(int[] groups, String layer, AttentionConfig config) {
    int size = config.headDimension();
    int shared = config.heads() / config.keyValueHeads();
    int width =
        switch (layer) {
          case "q_proj" -> (config.outputGate() ? 2 : 1) * shared * size;
          case "o_proj" -> shared * size;
          default -> size;
        };
    return IntStream.of(groups)
        .flatMap(group -> IntStream.range(group * width, (group + 1) * width))
        .toArray();
  }

  static float[][] values(StoredTensor tensor) {
    try (Arena arena = Arena.ofConfined()) {
      return new TensorReader(KernelProvider.kernels()).matrix(tensor, arena).toArray();
    }
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
