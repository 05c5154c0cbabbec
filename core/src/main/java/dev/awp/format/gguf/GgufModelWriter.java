// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format.gguf;

import dev.awp.checkpoint.Checkpoint;
import dev.awp.checkpoint.TensorReader;
import dev.awp.checkpoint.TensorView;
import dev.awp.kernel.Kernels;
import dev.awp.model.LinearLayer;
import dev.awp.model.ModelLayout;
import dev.awp.solver.Solution;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A model as one GGUF file: everything but the linear layers' weights when it is made, those one by
 * one as they are solved. Not for use by several threads at once.
 */
public final class GgufModelWriter implements AutoCloseable {
  private static final String ROPE_FACTORS = "rope_freqs.weight";

  private final Map<String, GgufTensorPlan> plans;
  private final GgufWriter writer;
  private final TensorBytes codec;
  private final List<String> notes;

  private GgufModelWriter(
      Map<String, GgufTensorPlan> plans, GgufWriter writer, Kernels kernels, List<String> notes) {
    this.plans = plans;
    this.writer = writer;
    this.codec = new TensorBytes(kernels);
    this.notes = notes;
  }

  /** Refuses a model that cannot be written so, before anything is done. */
  public static void check(Checkpoint checkpoint, ModelLayout layout, GgufOptions options) {
    var _ = GgufLayout.of(layout, options);
    var _ = GgufTokenizer.of(checkpoint.folder(), layout.config().vocabularySize());
  }

  /**
   * Creates the file and writes embeddings, norms and biases.
   *
   * @param file must not exist
   */
  public static GgufModelWriter create(
      Path file,
      Checkpoint checkpoint,
      ModelLayout layout,
      GgufOptions options,
      Kernels kernels) {
    Map<String, GgufTensorPlan> plans = new LinkedHashMap<>();
    List<String> padded = new ArrayList<>();
    for (GgufTensorPlan plan : GgufLayout.of(layout, options)) {
      plans.put(plan.source(), plan);
      if (plan.isPadded()) {
        padded.add(plan.source());
      }
    }
    GgufLayout.ropeScaling(layout.config())
        .ifPresent(
            scaling -> {
              int half = layout.config().headDimension() / 2;
              plans.put(
                  ROPE_FACTORS,
                  new GgufTensorPlan(
                      ROPE_FACTORS,
                      ROPE_FACTORS,
                      GgufType.F32,
                      true,
                      1,
                      half,
                      1,
                      half,
                      RowOrder.NATURAL));
            });
    GgufTokenizer.Result tokenizer =
        GgufTokenizer.of(checkpoint.folder(), layout.config().vocabularySize());
    Map<String, GgufValue> metadata = GgufMetadata.of(layout, options, checkpoint.folder());
    metadata.putAll(tokenizer.metadata());
    List<String> notes = new ArrayList<>(tokenizer.warnings());
    if (!padded.isEmpty()) {
      notes.add(
          "the MLP's inner width is padded with zeros from %d to %d in GGUF, which does not change the function (%d tensors)"
              .formatted(
                  layout.config().intermediateSize(),
                  GgufLayout.paddedInner(layout.config(), options),
                  padded.size()));
    }
    if (layout.config().slidingWindow().isPresent()) {
      notes.add("llama.cpp attends to all positions, this model's sliding window is not written");
    }
    List<GgufPlan.Wanted> wanted = plans.values().stream().map(GgufTensorPlan::wanted).toList();
    GgufWriter writer = GgufWriter.create(file, GgufPlan.of(metadata, wanted));
    GgufModelWriter model = new GgufModelWriter(plans, writer, kernels, List.copyOf(notes));
    try {
      model.writeOthers(checkpoint, layout, kernels);
      return model;
    } catch (RuntimeException e) {
      writer.close();
      throw e;
    }
  }

  /** What whoever made the file should know: padding, an unknown pre-tokenizer. */
  public List<String> notes() {
    return notes;
  }

  private void writeOthers(Checkpoint checkpoint, ModelLayout layout, Kernels kernels) {
    TensorReader reader = new TensorReader(kernels);
    Set<String> linears =
        layout.linears().stream().map(LinearLayer::weight).collect(Collectors.toSet());
    for (GgufTensorPlan plan : plans.values()) {
      if (linears.contains(plan.source())) {
        continue;
      }
      try (Arena arena = Arena.ofConfined()) {
        Matrix x;
        if (plan.source().equals(ROPE_FACTORS)) {
          float[] factors =
              GgufMetadata.ropeFactors(
                  layout.config(), GgufLayout.ropeScaling(layout.config()).orElseThrow());
          x = TensorBytes.vector(factors, arena);
        } else {
          TensorView view = checkpoint.tensor(plan.source());
          x = reader.matrix(view, arena);
          view.release();
        }
        writer.write(plan.name(), codec.nearest(plan, x, arena));
      }
    }
  }

  /** Writes a layer: its blocks where it was solved for them, else its values rounded. */
  public void write(LinearLayer layer, Solution solution) {
    GgufTensorPlan plan = plans.get(layer.weight());
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment bytes =
          plan.type().grid().isPresent()
              ? codec.blocks(plan, solution.weights(), solution.grid(), arena)
              : codec.nearest(plan, solution.weights(), arena);
      writer.write(plan.name(), bytes);
    }
  }

  /** Reads a layer back from the file: its values in the checkpoint's order, without padding. */
  public Matrix readBack(LinearLayer layer, Arena arena) {
    GgufTensorPlan plan = plans.get(layer.weight());
    try (Arena mapped = Arena.ofConfined()) {
      return codec.decode(plan, writer.readBack(plan.name(), mapped), arena);
    }
  }

  /** Sends to the disk what was written so far. */
  public void force() {
    writer.force();
  }

  /** Checks that every tensor was written and makes the file durable. */
  public void finish() {
    writer.finish();
  }

  @Override
  public void close() {
    writer.close();
  }
}
