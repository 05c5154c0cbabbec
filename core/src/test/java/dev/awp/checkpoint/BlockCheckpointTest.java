// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.checkpoint;

import static java.util.stream.Collectors.toSet;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.AwpException;
import dev.awp.checkpoint.registry.Checkpoints;
import dev.awp.compress.ConstraintOptions;
import dev.awp.compress.plan.PackedSize;
import dev.awp.compress.plan.RunChecks;
import dev.awp.compress.plan.Schemes;
import dev.awp.compute.Compute;
import dev.awp.constraint.RowSparsity;
import dev.awp.eval.Perplexity;
import dev.awp.fixture.BlockCheckpoint;
import dev.awp.fixture.GeneratedCheckpoint;
import dev.awp.format.FormatWriter;
import dev.awp.format.ModelPlan;
import dev.awp.format.registry.OutputFormats;
import dev.awp.model.LinearLayer;
import dev.awp.model.ModelLayout;
import dev.awp.model.WeightSource;
import dev.awp.model.forward.TransformerModel;
import dev.awp.solver.baseline.Magnitude;
import dev.awp.stored.StoredTensor;
import dev.awp.stored.TensorReader;
import dev.awp.tensor.DType;
import dev.awp.tensor.Matrix;
import dev.awp.text.TokenStream;
import dev.awp.text.TokenWeights;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A model whose layers are stored in blocks goes through all that reads models. */
class BlockCheckpointTest {
  @TempDir private Path folder;
  private final Arena arena = Arena.ofShared();
  private final Compute compute = Compute.create(2);
  private Checkpoint original;
  private ModelLayout layout;
  private Checkpoint blocks;

  @BeforeEach
  void generate() throws IOException {
    new GeneratedCheckpoint(2, 64, 96, 4, 2, DType.BF16).write(folder.resolve("model"));
    original = Checkpoints.open(folder.resolve("model"));
    layout = ModelLayout.of(original.config());
    blocks =
        BlockCheckpoint.of(
            original,
            layout.linears().stream().map(LinearLayer::weight).collect(toSet()),
            compute.kernels(),
            arena);
  }

  @AfterEach
  void close() {
    original.close();
    compute.close();
    arena.close();
  }

  private double perplexity(WeightSource weights) {
    int[] tokens = IntStream.range(0, 300).map(i -> 32 + i * i % 90).toArray();
    TransformerModel model = new TransformerModel(layout, weights, compute);
    TokenStream stream = new TokenStream(tokens, new int[] {0}, TokenWeights.ones(tokens.length));
    return Perplexity.evaluate(model, "text", stream, 32, (_, _) -> {}).perplexity().value();
  }

  @Test
  void layersInBlocksAreWrittenAsTheNumbersThatTheForwardPassSees() throws IOException {
    layout.check(blocks::tensor);
    double inBlocks = perplexity(blocks::tensor);
    assertTrue(inBlocks != perplexity(original::tensor));
    Path out = Files.createDirectory(folder.resolve("out"));
    ModelPlan plan = new ModelPlan(blocks, layout, List.of(), Long.MAX_VALUE);
    try (FormatWriter writer = OutputFormats.DENSE.create(out, plan, compute.kernels(), "test")) {
      writer.finish();
    }
    TensorReader reader = new TensorReader(compute.kernels());
    try (Checkpoint written = Checkpoints.open(out)) {
      for (StoredTensor tensor : blocks.tensors()) {
        StoredTensor back = written.tensor(tensor.name());
        assertEquals(tensor.type().dtype().orElse(DType.F16).name(), back.type().name());
        Matrix expected = reader.matrix(tensor, arena);
        assertEquals(-1, expected.segment().mismatch(reader.matrix(back, arena).segment()));
      }
      assertEquals(inBlocks, perplexity(written::tensor));
      long bytes = written.tensors().stream().mapToLong(StoredTensor::byteSize).sum();
      assertEquals(bytes * Byte.SIZE, PackedSize.others(blocks, List.of()));
    }
  }

  @Test
  void whatIsStoredIsKnownByItsOwnName() {
    LinearLayer layer = layout.linears().iterator().next();
    StoredTensor stored = blocks.tensor(layer.weight());
    assertEquals(BlockCheckpoint.TYPE, stored.type().name());
    assertEquals(PackedSize.weights(layer), stored.byteSize());
    long others = PackedSize.others(original, layout.linears());
    assertEquals(others, PackedSize.others(blocks, layout.linears()));
    assertEquals(DType.F16, plan(blocks).layers().getFirst().dtype());
    assertEquals(DType.BF16, plan(original).layers().getFirst().dtype());
    AwpException refusal = assertThrows(AwpException.class, () -> blocks.view(layer.weight()));
    assertTrue(refusal.getMessage().contains("is stored as BYTES_32"), refusal.getMessage());
    assertEquals(layout.finalNorm(), blocks.view(layout.finalNorm()).name());
  }

  private ModelPlan plan(Checkpoint checkpoint) {
    ConstraintOptions half =
        new ConstraintOptions(Optional.of(new RowSparsity(0.5)), Optional.empty());
    Schemes schemes = Schemes.uniform(layout.linears(), half, new Magnitude());
    return RunChecks.plan(
        checkpoint, layout, schemes, List.of(OutputFormats.DENSE), Long.MAX_VALUE);
  }

  @Test
  void aModelInBlocksIsNoOriginal() {
    AwpException refusal = assertThrows(AwpException.class, () -> RunChecks.checkDense(blocks));
    assertTrue(refusal.getMessage().contains("quantized already (BYTES_32)"));
    RunChecks.checkDense(original);
  }
}
