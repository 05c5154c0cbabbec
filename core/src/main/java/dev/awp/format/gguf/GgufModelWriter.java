// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format.gguf;

import dev.awp.checkpoint.Llama3Scaling;
import dev.awp.checkpoint.ModelConfig;
import dev.awp.checkpoint.TensorReader;
import dev.awp.checkpoint.TensorView;
import dev.awp.checkpoint.WrittenPiece;
import dev.awp.format.FormatWriter;
import dev.awp.format.ModelPlan;
import dev.awp.kernel.Kernels;
import dev.awp.model.LinearLayer;
import dev.awp.model.WeightSource;
import dev.awp.solver.Solution;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A model as one GGUF file: everything else when it is made, the layers as they are solved. */
final class GgufModelWriter implements FormatWriter {
  private static final Logger LOG = LoggerFactory.getLogger(GgufModelWriter.class);
  private static final String ROPE_FACTORS = "rope_freqs.weight";

  private final Map<String, GgufTensorPlan> plans;
  private final GgufWriter writer;
  private final Kernels kernels;

  private GgufModelWriter(Map<String, GgufTensorPlan> plans, GgufWriter writer, Kernels kernels) {
    this.plans = plans;
    this.writer = writer;
    this.kernels = kernels;
  }

  /**
   * Creates the file and writes all tensors that are no compressed layer's.
   *
   * @param file may be there from an earlier run of the same plan
   */
  static GgufModelWriter create(Path file, ModelPlan plan, GgufOptions options, Kernels kernels) {
    GgufLayout layout = new GgufLayout(plan, options);
    Map<String, GgufTensorPlan> plans = new LinkedHashMap<>();
    layout.tensors().forEach(tensor -> plans.put(tensor.source(), tensor));
    if (plan.layout().config().ropeScaling().isPresent()) {
      plans.put(ROPE_FACTORS, ropeFactors(plan.layout().config().headDimension() / 2));
    }
    GgufTokenizer.Result tokenizer = GgufFormat.tokenizer(plan);
    Map<String, GgufValue> metadata =
        GgufMetadata.of(plan.layout().config(), layout, plan.checkpoint().folder());
    metadata.putAll(tokenizer.metadata());
    tokenizer.warnings().forEach(LOG::warn);
    say(plan, layout);
    List<GgufPlan.Wanted> wanted = plans.values().stream().map(GgufTensorPlan::wanted).toList();
    GgufWriter writer = GgufWriter.create(file, GgufPlan.of(metadata, wanted));
    try {
      GgufModelWriter model = new GgufModelWriter(plans, writer, kernels);
      model.writeOthers(plan);
      return model;
    } catch (RuntimeException e) {
      writer.close();
      throw e;
    }
  }

  /** The rules of the format have refused other scalings. */
  private static float[] ropeFactors(ModelConfig config) {
    return GgufMetadata.ropeFactors(config, (Llama3Scaling) config.ropeScaling().orElseThrow());
  }

  private static GgufTensorPlan ropeFactors(int count) {
    return new GgufTensorPlan(
        ROPE_FACTORS, ROPE_FACTORS, GgufType.F32, true, 1, count, 1, count, RowOrder.NATURAL);
  }

  private static void say(ModelPlan plan, GgufLayout layout) {
    int inner = plan.layout().config().intermediateSize();
    if (layout.paddedInner() > inner) {
      LOG.info(
          "GGUF: the MLPs' inner width is padded with zeros from {} to {}, which does not change"
              + " the function",
          inner,
          layout.paddedInner());
    }
    if (plan.layout().config().slidingWindow().isPresent()) {
      LOG.warn("GGUF: llama.cpp attends to all positions where this model has a sliding window");
    }
  }

  private void writeOthers(ModelPlan plan) {
    TensorReader reader = new TensorReader(kernels);
    TensorBytes encoder = new TensorBytes(kernels);
    Set<String> compressed =
        plan.layers().stream().map(layer -> layer.layer().weight()).collect(Collectors.toSet());
    for (GgufTensorPlan tensor : plans.values()) {
      if (compressed.contains(tensor.source())) {
        continue;
      }
      try (Arena arena = Arena.ofConfined()) {
        Matrix x;
        if (tensor.source().equals(ROPE_FACTORS)) {
          x = TensorBytes.vector(ropeFactors(plan.layout().config()), arena);
        } else {
          TensorView view = plan.checkpoint().tensor(tensor.source());
          x = reader.matrix(view, arena);
          view.release();
        }
        writer.write(tensor.name(), encoder.nearest(tensor, x, arena));
      }
    }
  }

  @Override
  public List<WrittenPiece> write(LinearLayer layer, Solution solution) {
    GgufTensorPlan plan = plans.get(layer.weight());
    TensorBytes encoder = new TensorBytes(kernels);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment bytes =
          plan.type().grid().isPresent()
              ? encoder.blocks(plan, solution.weights(), solution.grid(), arena)
              : encoder.nearest(plan, solution.weights(), arena);
      writer.write(plan.name(), bytes);
      return List.of(writer.piece(plan.name(), bytes));
    }
  }

  @Override
  public boolean holds(List<WrittenPiece> pieces) {
    return writer.holds(pieces);
  }

  @Override
  public void restore(List<WrittenPiece> pieces) {
    pieces.forEach(piece -> writer.restore(piece.tensor()));
  }

  @Override
  public WeightSource read(Arena arena) {
    return name ->
        new GgufStoredTensor(plans.get(name), writer.readBack(plans.get(name).name(), arena));
  }

  @Override
  public void force() {
    writer.force();
  }

  @Override
  public void finish() {
    writer.finish();
  }

  @Override
  public void close() {
    writer.close();
  }
}
