// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.inspect;

import dev.awp.checkpoint.EncodedTensor;
import dev.awp.format.gguf.GgufTensor;
import dev.awp.format.gguf.MappedGguf;
import dev.awp.kernel.Kernels;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** The weights of a GGUF file, under its own names and in its own order of rows. */
final class GgufWeights implements StoredWeights {
  private final Arena arena;
  private final List<StoredWeight> weights;

  private GgufWeights(Arena arena, List<StoredWeight> weights) {
    this.arena = arena;
    this.weights = weights;
  }

  @SuppressWarnings("MustBeClosed") // the arena is closed by close(), or below
  static GgufWeights open(Path path, Kernels kernels) {
    Arena arena = Arena.ofShared();
    try {
      MappedGguf gguf = MappedGguf.open(path, arena);
      List<StoredWeight> weights =
          gguf.file().tensors().stream()
              .<StoredWeight>map(t -> new GgufWeight(t, gguf.decoded(t), kernels))
              .toList();
      return new GgufWeights(arena, weights);
    } catch (RuntimeException e) {
      arena.close();
      throw e;
    }
  }

  @Override
  public List<StoredWeight> weights() {
    return weights;
  }

  @Override
  public void close() {
    arena.close();
  }

  private record GgufWeight(GgufTensor tensor, Optional<EncodedTensor> values, Kernels kernels)
      implements StoredWeight {
    @Override
    public String name() {
      return tensor.name();
    }

    @Override
    public String storage() {
      return tensor.type().map(Enum::name).orElse("GGUF type " + tensor.typeId());
    }

    @Override
    public List<Long> shape() {
      return tensor.shape();
    }

    @Override
    public long bytes() {
      return tensor.byteSize();
    }

    @Override
    public boolean isDecodable() {
      return values.isPresent();
    }

    @Override
    public void decodeRows(int firstRow, Matrix destination) {
      EncodedTensor decoder = values.orElseThrow();
      decoder.checkPresent();
      decoder.decodeRows(firstRow, destination, kernels);
    }
  }
}
