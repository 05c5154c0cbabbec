// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format.safetensors;

import dev.awp.kernel.Kernels;
import dev.awp.safetensors.ShardSet;
import dev.awp.stored.EncodedTensor;
import dev.awp.stored.StoredTensor;
import dev.awp.stored.TensorEncoder;
import dev.awp.stored.TensorReader;
import dev.awp.stored.TensorSpec;
import dev.awp.stored.TensorView;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;

/**
 * The tensors that no solver changes, as safetensors files have them: single numbers are copied
 * byte by byte, codes are written as the numbers that they decode to.
 */
final class UnsolvedTensors {
  private final TensorReader reader;
  private final TensorEncoder encoder;

  UnsolvedTensors(Kernels kernels) {
    this.reader = new TensorReader(kernels);
    this.encoder = new TensorEncoder(kernels);
  }

  static TensorSpec spec(StoredTensor tensor) {
    return new TensorSpec(tensor.name(), tensor.type().written(), tensor.shape());
  }

  void write(StoredTensor tensor, ShardSet shards) {
    switch (tensor) {
      case TensorView view -> shards.write(view.name(), view.data());
      case EncodedTensor encoded -> {
        try (Arena arena = Arena.ofConfined()) {
          Matrix values = reader.matrix(encoded, arena);
          shards.write(
              encoded.name(),
              encoder.encode(encoded.name(), values, encoded.type().written(), arena));
        }
      }
    }
    tensor.release();
  }
}
