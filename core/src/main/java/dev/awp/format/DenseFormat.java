// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format;

import dev.awp.checkpoint.CheckpointWriter;
import dev.awp.checkpoint.TensorEncoder;
import dev.awp.checkpoint.TensorReader;
import dev.awp.checkpoint.TensorView;
import dev.awp.kernel.Kernels;
import dev.awp.model.LinearLayer;
import dev.awp.solver.Solution;
import dev.awp.tensor.DType;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;

/**
 * Compressed layers as ordinary tensors of the same name, shape and type: whatever loads the
 * original loads the result. A quantized layer's grid goes into {@link GridFile} besides.
 */
public final class DenseFormat {
  private final CheckpointWriter writer;
  private final TensorEncoder encoder;
  private final TensorReader reader;

  public DenseFormat(CheckpointWriter writer, Kernels kernels) {
    this.writer = writer;
    this.encoder = new TensorEncoder(kernels);
    this.reader = new TensorReader(kernels);
  }

  /** Writes a solution. */
  public void write(LinearLayer layer, DType storage, Solution solution) {
    try (Arena arena = Arena.ofConfined()) {
      String name = layer.weight();
      writer.write(name, encoder.encode(name, solution.weights(), storage, arena));
    }
    if (!solution.grid().isEmpty()) {
      GridFile.write(layer.name(), storage, solution.grid(), writer, encoder);
    }
  }

  /** A written layer: where it lies, and its values decoded from the file. */
  public record Written(TensorView view, Matrix weights) {}

  /** Reads a layer back from the file. */
  public Written readBack(LinearLayer layer, Arena arena) {
    TensorView view = writer.readBack(layer.weight(), arena);
    return new Written(view, reader.matrix(view, arena));
  }
}
