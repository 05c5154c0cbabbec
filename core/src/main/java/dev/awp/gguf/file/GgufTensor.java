// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.file;

import dev.awp.gguf.block.BlockType;
import dev.awp.stored.TensorView;
import dev.awp.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A tensor of a GGUF file.
 *
 * @param shape sizes, outermost first, as safetensors has them (the file has them the other way)
 * @param typeId the number of its type
 * @param offset of its first byte in the file
 * @param byteSize of its data; up to the next tensor where awp does not know the type
 */
public record GgufTensor(String name, List<Long> shape, int typeId, long offset, long byteSize) {
  public GgufTensor {
    shape = List.copyOf(shape);
  }

  /**
   * The tensor's bytes as a view.
   *
   * @param file for messages
   * @param data its bytes in memory
   */
  public TensorView view(Path file, MemorySegment data) {
    return new TensorView(name, DType.U8, List.of(byteSize), file, offset, data);
  }

  /** The type, where awp knows it. */
  public Optional<BlockType> type() {
    return BlockType.byId(typeId);
  }
}
