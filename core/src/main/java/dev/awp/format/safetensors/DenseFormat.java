// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format.safetensors;

import dev.awp.constraint.GridStorage;
import dev.awp.format.BrokenRule;
import dev.awp.format.FormatWriter;
import dev.awp.format.LayerPlan;
import dev.awp.format.ModelPlan;
import dev.awp.format.OutputFormat;
import dev.awp.kernel.Kernels;
import dev.awp.solver.Solution;
import dev.awp.stored.StoredTensor;
import dev.awp.stored.TensorEncoder;
import dev.awp.stored.TensorSpec;
import dev.awp.stored.TensorView;
import dev.awp.tensor.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Function;

/**
 * Compressed layers as ordinary tensors of the same name, shape and type: whatever loads the
 * original loads the result. A quantized layer's grid goes into {@link GridFile} besides.
 */
public final class DenseFormat implements OutputFormat {
  static final String NAME = "dense";

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public GridStorage gridStorage(DType dtype) {
    return GridStorage.dense(dtype);
  }

  @Override
  public boolean takesHead() {
    return true;
  }

  @Override
  public List<BrokenRule> brokenRules(ModelPlan plan) {
    return List.of();
  }

  @Override
  public FormatWriter create(Path folder, ModelPlan plan, Kernels kernels, String version) {
    return SafetensorsWriter.create(
        folder, plan, new DenseLayer(new TensorEncoder(kernels)), kernels, _ -> {});
  }

  /** A layer as one tensor. */
  public record DenseLayer(TensorEncoder encoder) implements LayerFormat {
    @Override
    public List<TensorSpec> tensors(LayerPlan plan) {
      List<Long> shape = List.of((long) plan.layer().rows(), (long) plan.layer().columns());
      return List.of(new TensorSpec(plan.layer().weight(), plan.dtype(), shape));
    }

    @Override
    public List<TensorSpec> gridTensors(LayerPlan plan) {
      return plan.grid().isPresent() ? GridFile.tensors(plan) : List.of();
    }

    @Override
    public void encode(LayerPlan plan, Solution solution, BiConsumer<String, MemorySegment> sink) {
      try (Arena arena = Arena.ofConfined()) {
        String name = plan.layer().weight();
        sink.accept(name, encoder.encode(name, solution.weights(), plan.dtype(), arena));
      }
      if (plan.grid().isPresent()) {
        GridFile.encode(plan, solution.grid(), encoder, sink);
      }
    }

    @Override
    public StoredTensor open(LayerPlan plan, Function<String, TensorView> tensors) {
      return tensors.apply(plan.layer().weight());
    }
  }
}
