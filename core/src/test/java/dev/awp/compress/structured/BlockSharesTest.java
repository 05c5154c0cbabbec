// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.structured;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.checkpoint.Checkpoint;
import dev.awp.checkpoint.registry.Checkpoints;
import dev.awp.config.BlockConfig;
import dev.awp.fixture.GeneratedArchitectures;
import dev.awp.fixture.GeneratedCheckpoint;
import dev.awp.fixture.GgufModels;
import dev.awp.fixture.ModelEdit;
import dev.awp.fixture.Terminal;
import dev.awp.gguf.GgufValue;
import dev.awp.gguf.file.GgufFile;
import dev.awp.report.ReportFile;
import dev.awp.report.RunReport;
import dev.awp.report.StructureReport;
import dev.awp.report.StructureReport.Part;
import dev.awp.report.StructureReport.Size;
import dev.awp.tensor.DType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code --prune-share blocks}: blocks of their own sizes, in GGUF's graph {@code deci}. */
class BlockSharesTest extends PruningCommand {
  @BeforeEach
  void nameFile() {
    out = folder.resolve("out.gguf");
  }

  private Terminal compressUneven(Path output, String... more) {
    return compress(
        output,
        Stream.concat(Stream.of("--prune-share=blocks"), Stream.of(more)).toArray(String[]::new));
  }

  /** A model whose second block hardly does anything. */
  private void writeUneven() throws IOException {
    GgufModels.writeFolder(model, 3, 64, 96);
    Path file = model.resolve("model.safetensors");
    ModelEdit edit = ModelEdit.of(file);
    for (String name : List.of("self_attn.o_proj", "mlp.down_proj")) {
      scale(edit, 1, name, 0.01f);
    }
    edit.write(file);
  }

  private static List<Long> numbers(Path file, String key) {
    GgufValue.Items items = (GgufValue.Items) GgufFile.read(file).metadata().get("deci." + key);
    return items.values().stream().map(value -> ((GgufValue.Whole) value).value()).toList();
  }

  @Test
  void blocksLoseWhatCostsLeast() throws IOException {
    writeUneven();
    compressUneven(
            out, "--prune-width=0.3", "--prune-multiple=8", "--gguf-type=F16", "--evaluate=" + text)
        .assertExit(0);
    RunReport report = ReportFile.read(out);
    StructureReport structure = report.structure().getFirst();
    List<Size> sizes = structure.kept().sizes();
    assertEquals(3, sizes.size());
    assertEquals(new Size(24, 1), sizes.get(1), "what does nothing keeps the least there may be");
    assertEquals(0.3, structure.share(), 0.05);
    assertEquals(
        sizes.stream().map(size -> (long) size.neurons()).toList(),
        numbers(out, "feed_forward_length"));
    assertEquals(
        sizes.stream().map(size -> 2L * size.groups()).toList(),
        numbers(out, "attention.head_count"));
    assertEquals(
        sizes.stream().map(size -> (long) size.groups()).toList(),
        numbers(out, "attention.head_count_kv"));
    double after = report.perplexity().getFirst().after();
    assertEquals(after, perplexity(out), 1e-3 * after);
    new Terminal().run("verify", out.toString()).assertExit(0);
    new Terminal().run("inspect", out.toString(), "--json").assertExit(0).assertOut("blk.1.ffn");
    new Terminal()
        .run("inspect", out.toString())
        .assertExit(0)
        .assertOut("shapes that differ between blocks")
        .assertOut("blk.*.ffn_down.weight: [64, ");
    new Terminal()
        .run("generate", out.toString(), "--prompt", "Many", "--tokens", "4")
        .assertExit(0);
    try (Checkpoint checkpoint = Checkpoints.open(out)) {
      for (int block = 0; block < 3; block++) {
        BlockConfig config = checkpoint.config().block(block);
        assertEquals(sizes.get(block).neurons(), config.mlp().width());
        assertEquals(sizes.get(block).groups(), config.attention().keyValueHeads());
      }
    }
    // No folder holds it, packed or not.
    new Terminal()
        .run("convert", out.toString(), folder.resolve("plain").toString())
        .assertRefused("one width and one number of heads for all blocks");
    Path again = folder.resolve("again.gguf");
    new Terminal().run("convert", out.toString(), again.toString()).assertExit(0);
    assertEquals(perplexity(out), perplexity(again), 1e-4 * after);
  }

  @Test
  void bitsComeOnTopAndInnerWidthsAreFilledUpEachByItself() throws IOException {
    writeUneven();
    compressUneven(out, "--prune-neurons=0.4", "--prune-multiple=8", "--gguf-type=Q4_0")
        .assertExit(0);
    List<Size> sizes = ReportFile.read(out).structure().getFirst().kept().sizes();
    assertEquals(
        sizes.stream().map(size -> Math.ceilDiv(size.neurons(), 32) * 32L).toList(),
        numbers(out, "feed_forward_length"));
    new Terminal().run("verify", out.toString()).assertExit(0);
    assertTrue(perplexity(out) > 1);
  }

  @Test
  void aBlockWithoutAttentionIsReadAndWritten() throws IOException {
    GgufModels.writeUneven(model);
    double before = perplexity(model);
    new Terminal()
        .run("convert", model.toString(), out.toString(), "--format", "gguf", "--dtype", "F32")
        .assertExit(0);
    assertEquals(List.of(4L, 0L, 2L), numbers(out, "attention.head_count"));
    assertEquals(before, perplexity(out), 1e-4 * before);
  }

  @Test
  void biasesOfQueriesKeysAndValuesGoAlong() throws IOException {
    GgufModels.writeFolder(model, "qwen2", DType.F32);
    StructureReport structure =
        report("--prune-share=blocks", "--prune-width=0.2", "--prune-multiple=8");
    assertFalse(structure.kept().sizes().isEmpty());
    GgufFile file = GgufFile.read(out);
    assertEquals(GgufValue.of("deci"), file.metadata().get("general.architecture"));
    for (String layer : List.of("attn_q", "attn_k", "attn_v")) {
      assertTrue(file.tensor("blk.1." + layer + ".bias").isPresent(), layer);
    }
    assertTrue(file.tensor("blk.1.attn_output.bias").isEmpty());
    new Terminal().run("verify", out.toString()).assertExit(0);
  }

  /** Writes a file; its perplexity, of both readers, is that of the pruned model. */
  private StructureReport report(String... more) {
    List<String> arguments = new ArrayList<>(List.of(more));
    arguments.addAll(List.of("--gguf-type=F32", "--evaluate=" + text));
    compress(out, arguments.toArray(String[]::new)).assertExit(0);
    RunReport report = ReportFile.read(out);
    double after = report.perplexity().getFirst().after();
    assertEquals(after, perplexity(out), 1e-4 * after);
    return report.structure().getFirst();
  }

  @ParameterizedTest
  @ValueSource(strings = {"divergence", "cosine"})
  void attentionThatDoesNothingGoes(String measure) throws IOException {
    GgufModels.writeFolder(model, 4, 64, 96);
    scale(2, "self_attn.o_proj", 0);
    double before = perplexity(model);
    StructureReport structure =
        report("--prune-attention=1", "--prune-blocks-by=" + measure, "--prune-by=magnitude");
    assertEquals(List.of(0, 1, 2, 3), structure.kept().blocks());
    assertEquals(List.of(2, 2, 0, 2), structure.kept().sizes().stream().map(Size::groups).toList());
    assertEquals(List.of(4L, 4L, 0L, 4L), numbers(out, "attention.head_count"));
    assertTrue(GgufFile.read(out).tensor("blk.2.attn_norm.weight").isEmpty());
    assertEquals(before, perplexity(out), 1e-4 * before, "it computed nothing");
    new Terminal().run("verify", out.toString()).assertExit(0);
    new Terminal().run("diff", model.toString(), out.toString()).assertExit(0);
    new Terminal().run("inspect", out.toString()).assertExit(0);
  }

  @Test
  void theFirstBlockKeepsItsAttention() throws IOException {
    GgufModels.writeFolder(model, 3, 64, 96);
    scale(0, "self_attn.o_proj", 0);
    StructureReport structure = report("--prune-attention=2");
    assertEquals(List.of(2, 0, 0), structure.kept().sizes().stream().map(Size::groups).toList());
    // What is behind makes up for it.
    assertEquals(List.of(0, 0, 1, 2), structure.parts().stream().map(Part::block).toList());
    assertTrue(structure.parts().getLast().drift() > 0);
  }

  @Test
  void attentionGoesBesideBlocksNeuronsAndHeads() throws IOException {
    GgufModels.writeFolder(model, 4, 64, 96);
    StructureReport structure =
        report(
            "--prune-attention=1",
            "--prune-blocks=1",
            "--prune-neurons=0.5",
            "--prune-groups=0.5",
            "--prune-multiple=8");
    assertEquals(3, structure.kept().blocks().size());
    List<Size> sizes = structure.kept().sizes();
    assertEquals(new Size(48, 1), sizes.getFirst());
    assertEquals(1, sizes.stream().filter(size -> size.equals(new Size(48, 0))).count());
    Path planned = folder.resolve("planned.gguf");
    compress(planned, "--prune-attention=1", "--prune-blocks=1", "--gguf-type=F16", "--dry-run")
        .assertExit(0)
        .assertOut("3 of 4 blocks stay, 1 of them without attention")
        .assertOut("which blocks lose their attention is measured");
  }

  private void scale(int block, String name, float factor) throws IOException {
    Path file = model.resolve("model.safetensors");
    ModelEdit edit = ModelEdit.of(file);
    scale(edit, block, name, factor);
    edit.write(file);
  }

  private static void scale(ModelEdit edit, int block, String name, float factor) {
    FloatBuffer weights =
        ByteBuffer.wrap(edit.get("model.layers." + block + "." + name + ".weight").bytes())
            .order(ByteOrder.LITTLE_ENDIAN)
            .asFloatBuffer();
    IntStream.range(0, weights.limit()).forEach(i -> weights.put(i, factor * weights.get(i)));
  }

  @Test
  void attentionAloneIsRefusedWhereNothingHoldsIt() throws IOException {
    new GeneratedCheckpoint(3, 64, 96, 4, 2, DType.BF16).write(model);
    compress(folder.resolve("dense"), "--prune-attention=1")
        .assertRefused("one width and one number of heads for all blocks");
    compress(out, "--prune-attention=3", "--gguf-type=F16")
        .assertRefused("--prune-attention 3: of the 3 blocks that stay the first keeps");
    compress(out, "--prune-attention=1", "--prune-width=0.2", "--gguf-type=F16")
        .assertMisuse("--prune-attention goes with");
    compress(out, "--prune-attention=1", "--prune-neurons=0.2", "--prune-share=blocks")
        .assertMisuse("--prune-attention goes with");
    GeneratedArchitectures.write(folder.resolve("qwen"), "qwen3", DType.BF16);
    model = folder.resolve("qwen");
    compress(out, "--prune-attention=1", "--gguf-type=F16")
        .assertRefused("llama.cpp's qwen3 has blocks of one size");
    assertFalse(Files.exists(out));
  }

  @Test
  void whatCannotBeIsRefusedBeforeAnyWork() throws IOException {
    new GeneratedCheckpoint(3, 64, 96, 4, 2, DType.BF16).write(model);
    Path dense = folder.resolve("dense");
    compressUneven(dense, "--prune-neurons=0.3", "--prune-multiple=8")
        .assertRefused("one width and one number of heads for all blocks");
    compressUneven(out, "--prune-neurons=0.9", "--prune-multiple=8", "--gguf-type=F16")
        .assertRefused("leaves every block 24 neurons");
    GeneratedArchitectures.write(folder.resolve("qwen"), "qwen3", DType.BF16);
    model = folder.resolve("qwen");
    compressUneven(out, "--prune-neurons=0.3", "--prune-multiple=2", "--gguf-type=F16")
        .assertRefused("llama.cpp's qwen3 has blocks of one size");
    assertFalse(Files.exists(out));
  }

  @Test
  void theDryRunTellsTheFloor() throws IOException {
    new GeneratedCheckpoint(3, 64, 96, 4, 2, DType.BF16).write(model);
    compressUneven(out, "--prune-width=0.3", "--prune-multiple=8", "--gguf-type=F16", "--dry-run")
        .assertExit(0)
        .assertOut("at least 24 of 96 neurons, in multiples of 8, and one of 2 key/value heads");
  }
}
