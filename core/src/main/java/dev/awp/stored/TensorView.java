// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.stored;

import dev.awp.AwpException;
import dev.awp.tensor.DType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
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
    String name, DType dtype, List<Long> shape, Path file, long fileOffset, MemorySegment data)
    implements StoredTensor {
  private static final ValueLayout.OfInt STORED_INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  public TensorView {
    shape = List.copyOf(shape);
  }

  /** The tensor's description without its data. */
  public TensorSpec spec() {
    return new TensorSpec(name, dtype, shape);
  }

  @Override
  public StoredType type() {
    return StoredType.of(dtype);
  }

  @Override
  public List<TensorView> parts() {
    return List.of(this);
  }

  /**
   * Refuses a file that has become shorter since it was mapped, before its pages are read: the
   * message is clearer than that of a page that cannot be read.
   */
  @Override
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
          "%s: tensor %s ends at byte %s, the file has only %s now: it was truncated while in use"
              .formatted(file, name, fileOffset + data.byteSize(), length));
    }
  }

  /**
   * Copies stored bytes. Mapped pages are touched by this copy alone: where a page cannot be read
   * it gets an InternalError, while C2's code for vector loads would take the JVM down with it.
   *
   * @param offset of the first byte in the tensor's data
   * @param destination as many bytes as are wanted
   * @throws AwpException where a page cannot be read
   */
  public void copyTo(long offset, MemorySegment destination) {
    try {
      destination.copyFrom(data.asSlice(offset, destination.byteSize()));
      deliverFault();
    } catch (InternalError e) {
      throw unreadable(e);
    }
  }

  /**
   * Copies consecutive 32-bit integers, as {@link #copyTo} does.
   *
   * @param first index of the first in the tensor
   */
  public void copyInts(long first, int[] destination, int from, int count) {
    try {
      MemorySegment.copy(data, STORED_INT, first * Integer.BYTES, destination, from, count);
      deliverFault();
    } catch (InternalError e) {
      throw unreadable(e);
    }
  }

  /**
   * HotSpot delivers the error of a faulting copy at the thread's next safepoint poll, which may
   * lie in a caller's frame once this is compiled into it. The return from a native method is such
   * a poll; holdsLock is the cheapest that the JDK has (tens of nanoseconds, once a row).
   */
  private void deliverFault() {
    Thread.holdsLock(this);
  }

  private AwpException unreadable(InternalError e) {
    // The JDK's word for a page that cannot be read: the file shrank, or the disk failed.
    return new AwpException(file + ": tensor " + name + " cannot be read: " + e.getMessage(), e);
  }

  /**
   * Tells the operating system that these pages are not needed for now, so that the resident memory
   * of a run stays bounded by what is in use and not by the size of the model. Reading them again
   * is always possible.
   */
  @Override
  public void release() {
    if (data.isMapped() && data.byteSize() > 0) {
      data.unload();
    }
  }
}
