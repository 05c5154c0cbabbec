// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format.gguf;

import dev.awp.constraint.block.MatrixScale;
import dev.awp.disk.WrittenPiece;
import dev.awp.format.FormatWriter;
import dev.awp.format.ModelPlan;
import dev.awp.gguf.file.GgufPlace;
import dev.awp.gguf.file.GgufWriter;
import dev.awp.gguf.tensor.GgufStoredTensor;
import dev.awp.gguf.tensor.GgufTensorPlan;
import dev.awp.gguf.tensor.JoinedTensor;
import dev.awp.gguf.tensor.MultipliedTensor;
import dev.awp.gguf.tensor.TensorBytes;
import dev.awp.gguf.tensor.WeightScales;
import dev.awp.kernel.Kernels;
import dev.awp.model.LinearLayer;
import dev.awp.model.WeightSource;
import dev.awp.solver.Solution;
import dev.awp.stored.EncodedTensor;
import dev.awp.stored.RowPieces;
import dev.awp.stored.StoredTensor;
import dev.awp.stored.TensorReader;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A model as one GGUF file: everything else when it is made, the layers as they are solved. */
final class GgufModelWriter implements FormatWriter {
  private static final Logger LOG = LoggerFactory.getLogger(GgufModelWriter.class);

  private final Map<String, List<GgufTensorPlan>> plans;
  private final GgufWriter writer;
  private final Kernels kernels;

  private GgufModelWriter(
      Map<String, List<GgufTensorPlan>> plans, GgufWriter writer, Kernels kernels) {
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
    GgufContent content = GgufContent.of(plan, layout);
    say(layout);
    GgufWriter writer = GgufWriter.create(file, content.file(), content.pieces());
    try {
      GgufModelWriter model = new GgufModelWriter(content.plans(), writer, kernels);
      model.writeConstants(content.constants());
      model.writeOthers(plan, content.constants().keySet());
      return model;
    } catch (RuntimeException e) {
      writer.close();
      throw e;
    }
  }

  private static void say(GgufLayout layout) {
    Set<String> padded = new TreeSet<>();
    for (LinearLayer linear : layout.linears()) {
      int inner = linear.columns();
      boolean padding = linear.takesInnerWidth();
      int width = padding ? layout.padded(inner, linear.site().ofExpert()) : inner;
      if (width > inner && padded.add(inner + " to " + width)) {
        LOG.info(
            "GGUF: an inner width is padded with zeros from {} to {}, which does not change the"
                + " function",
            inner,
            width);
      }
    }
  }

  private void writeConstants(Map<String, float[]> constants) {
    constants.forEach(
        (name, values) -> {
          try (Arena arena = Arena.ofConfined()) {
            Matrix x = TensorBytes.vector(values, arena);
            GgufTensorPlan plan = plans.get(name).getFirst();
            writer.write(name, new TensorBytes(kernels).nearest(plan, x, arena));
          }
        });
  }

  private void writeOthers(ModelPlan plan, Set<String> constants) {
    TensorBytes encoder = new TensorBytes(kernels);
    Set<String> compressed =
        plan.layers().stream().map(layer -> layer.layer().weight()).collect(Collectors.toSet());
    plans.forEach(
        (name, parts) -> {
          if (compressed.contains(name) || constants.contains(name)) {
            return;
          }
          StoredTensor view = plan.checkpoint().tensor(name);
          if (isByRows(view, parts)) {
            GgufTensorPlan whole = parts.getFirst();
            writer.write(whole.place().key(), encoder.nearest(whole, RowPieces.of(view, kernels)));
            view.release();
            return;
          }
          try (Arena arena = Arena.ofConfined()) {
            Matrix x = new TensorReader(kernels).matrix(view, arena);
            view.release();
            for (GgufTensorPlan part : parts) {
              writer.write(part.place().key(), encoder.nearest(part, x, arena));
            }
          }
        });
  }

  /** Whether it is one matrix whose rows become bytes one by one: tables of tokens are large. */
  private static boolean isByRows(StoredTensor view, List<GgufTensorPlan> parts) {
    return parts.size() == 1
        && view.shape().size() == 2
        && parts.getFirst().rows() == view.shape().getFirst()
        && TensorBytes.isByRows(parts.getFirst());
  }

  @Override
  public List<WrittenPiece> write(LinearLayer layer, Solution solution) {
    TensorBytes encoder = new TensorBytes(kernels);
    List<WrittenPiece> pieces = new ArrayList<>();
    for (GgufTensorPlan plan : plans.get(layer.weight())) {
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment bytes =
            plan.type().grid().isPresent()
                ? encoder.blocks(plan, solution.weights(), solution.grid(), arena)
                : encoder.nearest(plan, solution.weights(), arena);
        pieces.add(written(plan.place(), bytes));
        if (plan.type().hasMatrixScale()) {
          float factor = MatrixScale.ofScales(solution.grid().scales());
          MemorySegment scale = arena.allocateFrom(WeightScales.FLOAT, factor);
          pieces.add(written(WeightScales.place(plan.place()), scale));
        }
      }
    }
    return pieces;
  }

  private WrittenPiece written(GgufPlace place, MemorySegment bytes) {
    writer.write(place.key(), bytes);
    return writer.piece(place.key(), bytes);
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
  public void reopen(List<WrittenPiece> pieces) {
    pieces.forEach(piece -> writer.reopen(piece.tensor()));
  }

  @Override
  public WeightSource read(Arena arena) {
    return name -> JoinedTensor.of(plans.get(name), plan -> read(plan, arena));
  }

  private EncodedTensor read(GgufTensorPlan plan, Arena arena) {
    GgufStoredTensor blocks =
        new GgufStoredTensor(plan, writer.readBack(plan.place().key(), arena));
    if (!plan.type().hasMatrixScale()) {
      return blocks;
    }
    String key = WeightScales.place(plan.place()).key();
    float scale = writer.readBack(key, arena).data().get(WeightScales.FLOAT, 0);
    return new MultipliedTensor(blocks, List.of(scale));
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
