// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.checkpoint;

import dev.awp.AwpException;
import dev.awp.tensor.DType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
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
   * Refuses a file that has become shorter since it was mapped, before its pages are read: the
   * message is clearer than that of a page that cannot be read.
   */
  public void checkPresent() {
    if (!data.isMapped()) {
      return;
    }
    long length;
    try {
      length = Files.size(file);
    } catch (IOException e) {
      throw new AwpException(file + ": cannot be read any more: " + e.getMessage(), e);
    }
    if (length < fileOffset + data.byteSize()) {
      throw new AwpException(
          "%s: tensor %s ends at byte %d, the file has only %d now: it was truncated while in use"
              .formatted(file, name, fileOffset + data.byteSize(), length));
    }
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
