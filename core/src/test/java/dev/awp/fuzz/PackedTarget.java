// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.fuzz;

import dev.awp.checkpoint.Checkpoint;
import dev.awp.checkpoint.registry.Checkpoints;
import dev.awp.compute.Compute;
import dev.awp.format.registry.CheckpointWeights;
import dev.awp.inspect.values.Inspection;
import dev.awp.model.LinearLayer;
import dev.awp.model.ModelLayout;
import dev.awp.model.WeightSource;
import dev.awp.stored.TensorReader;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The tensors of a packed model, as inspect and as evaluations decode them. */
record PackedTarget(String format, int bits) implements FuzzTarget {
  private static final List<String> WORDS =
      List.of(
          "I32",
          "F16",
          "F32",
          "I64",
          "weight_packed",
          "weight_scale",
          "weight_shape",
          "qweight",
          "weight_zero_point",
          "qzeros",
          "scales",
          "g_idx",
          "dtype",
          "shape",
          "data_offsets");

  @Override
  public String name() {
    return format;
  }

  @Override
  public Mutation mutation() {
    return new HeaderMutation(new JsonMutation(WORDS), new ByteMutation(WORDS));
  }

  @Override
  public Prepared prepare(Path folder, Compute compute) throws IOException {
    Path model =
        SmallModels.compressed(folder, "--bits", Integer.toString(bits), "--format", format);
    Path file = model.resolve("model.safetensors");
    List<byte[]> seeds = new ArrayList<>(List.of(Files.readAllBytes(file)));
    return new Prepared(file, seeds, () -> read(model, compute));
  }

  static void read(Path model, Compute compute) {
    var _ = Inspection.of(model, true, compute);
    try (Checkpoint checkpoint = Checkpoints.open(model);
        Arena arena = Arena.ofConfined()) {
      ModelLayout layout = ModelLayout.of(checkpoint.config());
      WeightSource source = CheckpointWeights.of(checkpoint, layout, compute.kernels());
      layout.check(source);
      TensorReader reader = new TensorReader(compute.kernels());
      for (LinearLayer layer : layout.linears()) {
        var _ = reader.finiteMatrix(source.tensor(layer.weight()), arena, compute.workers());
      }
    }
  }
}
