// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.inspect.file;

import dev.awp.gguf.file.GgufFile;
import dev.awp.gguf.file.GgufParts;
import dev.awp.gguf.file.GgufTensor;
import dev.awp.gguf.tensor.GgufValues;
import dev.awp.inspect.StoredWeight;
import dev.awp.inspect.StoredWeights;
import dev.awp.kernel.Kernels;
import dev.awp.stored.EncodedTensor;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** The tensors of a GGUF file, under their names and in the row order that they have there. */
final class GgufWeights implements StoredWeights {
  private final Arena arena;
  private final List<StoredWeight> weights;

  private GgufWeights(Arena arena, List<StoredWeight> weights) {
    this.arena = arena;
    this.weights = weights;
  }

  @SuppressWarnings("MustBeClosed") // the arena is closed by close(), or below
  static GgufWeights open(Path file, Kernels kernels) {
    List<GgufFile> parts = GgufParts.read(file);
    Arena arena = Arena.ofShared();
    try {
      List<StoredWeight> weights =
          parts.stream()
              .flatMap(
                  part ->
                      part.tensors().stream().map(tensor -> weight(part, tensor, arena, kernels)))
              .toList();
      return new GgufWeights(arena, weights);
    } catch (RuntimeException e) {
      arena.close();
      throw e;
    }
  }

  private static StoredWeight weight(
      GgufFile part, GgufTensor tensor, Arena arena, Kernels kernels) {
    return new GgufWeight(tensor, GgufValues.of(part, tensor, arena), kernels);
  }

  @Override
  public List<StoredWeight> weights() {
    return weights;
  }

  @Override
  public void close() {
    arena.close();
  }

  /** A tensor; values are empty where awp does not decode its type. */
  private record GgufWeight(GgufTensor tensor, Optional<EncodedTensor> values, Kernels kernels)
      implements StoredWeight {
    @Override
    public String name() {
      return tensor.name();
    }

    @Override
    public String storage() {
      return tensor
          .type()
          .map(Enum::name)
          .orElseGet(() -> "type " + Integer.toUnsignedString(tensor.typeId()));
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
      EncodedTensor encoded = values.orElseThrow();
      encoded.checkPresent();
      encoded.decodeRows(firstRow, destination, kernels);
    }
  }
}
