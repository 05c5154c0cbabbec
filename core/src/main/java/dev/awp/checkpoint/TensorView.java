// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.checkpoint;

import dev.awp.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;

/**
 * A tensor of an open checkpoint, mapped from its file and never copied as a whole.
 *
 * @param shape sizes, outermost first; empty for a scalar
 * @param file the safetensors file
 * @param fileOffset of the first data byte in the file
 * @param data read-only, at any alignment, little-endian; lives as long as the checkpoint
 */
public record TensorView(
    String name, DType dtype, List<Long> shape, Path file, long fileOffset, MemorySegment data) {
  public TensorView {
    shape = List.copyOf(shape);
  }

  /** The tensor's description without its data. */
  public TensorSpec spec() {
    return new TensorSpec(name, dtype, shape);
  }

  /**
   * Tells the operating system that these pages are not needed for now, so that the resident memory
   * of a run stays bounded by what is in use and not by the size of the model. Reading them again
   * is always possible.
   */
  public void release() {
    if (data.isMapped() && data.byteSize() > 0) {
      data.unload();
    }
  }
}
