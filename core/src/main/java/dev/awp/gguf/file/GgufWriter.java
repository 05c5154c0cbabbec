// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.file;

import dev.awp.AwpException;
import dev.awp.disk.Folders;
import dev.awp.disk.Parts;
import dev.awp.disk.PositionedWriter;
import dev.awp.disk.Sha256;
import dev.awp.disk.WrittenPiece;
import dev.awp.stored.TensorView;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * One GGUF file being written: header first, then tensors at their places, in any order. Not for
 * use by several threads at once.
 */
public final class GgufWriter implements AutoCloseable {
  private final Path file;
  private final FileChannel channel;
  private final Map<String, GgufTensor> tensors;
  private final Set<String> written = new HashSet<>();

  private GgufWriter(Path file, FileChannel channel, Map<String, GgufTensor> tensors) {
    this.file = file;
    this.channel = channel;
    this.tensors = tensors;
  }

  /**
   * Creates the file at its full size, with its header, or opens it, with what an earlier run of
   * the same plan wrote; none of that counts as written.
   */
  public static GgufWriter create(Path file, GgufPlan plan) {
    return create(file, plan, plan.tensors());
  }

  /**
   * The same, to be written in other pieces than whole tensors.
   *
   * @param pieces by name, with their places in the file: they cover all tensors
   */
  public static GgufWriter create(Path file, GgufPlan plan, Map<String, GgufTensor> pieces) {
    try {
      FileChannel channel =
          FileChannel.open(
              file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
      try {
        channel.truncate(plan.fileBytes());
        new PositionedWriter(channel).write(MemorySegment.ofArray(plan.header()), 0);
        if (channel.size() < plan.fileBytes() && plan.fileBytes() > plan.header().length) {
          // What no tensor covers is zeros.
          new PositionedWriter(channel)
              .write(MemorySegment.ofArray(new byte[1]), plan.fileBytes() - 1);
        }
        return new GgufWriter(file, channel, pieces);
      } catch (IOException | RuntimeException e) {
        channel.close();
        throw e;
      }
    } catch (IOException e) {
      throw Folders.unwritable(file, e);
    }
  }

  /** Writes a tensor's stored bytes. */
  public void write(String name, MemorySegment bytes) {
    GgufTensor tensor = tensors.get(name);
    if (tensor == null || bytes.byteSize() != tensor.byteSize()) {
      throw new IllegalArgumentException(
          "%s bytes were given for the tensor %s".formatted(bytes.byteSize(), tensor));
    }
    claim(name);
    try {
      new PositionedWriter(channel).write(bytes, tensor.offset());
    } catch (IOException e) {
      throw Folders.unwritable(file, e);
    }
  }

  /** Writes a tensor's stored bytes part by part. */
  public void write(String name, Parts parts) {
    GgufTensor tensor = tensors.get(name);
    claim(name);
    try {
      long bytes = new PositionedWriter(channel).write(parts, tensor.offset());
      if (bytes != tensor.byteSize()) {
        throw new IllegalArgumentException(
            "%s bytes were given for the tensor %s".formatted(bytes, tensor));
      }
    } catch (IOException e) {
      throw Folders.unwritable(file, e);
    }
  }

  private void claim(String name) {
    if (!written.add(name)) {
      throw new IllegalStateException("tensor " + name + " was written before");
    }
  }

  /** A written tensor's bytes, mapped from the file. */
  public TensorView readBack(String name, Arena arena) {
    if (!written.contains(name)) {
      throw new IllegalStateException("tensor " + name + " was not written yet");
    }
    GgufTensor tensor = tensors.get(name);
    try {
      return tensor.view(
          file,
          channel.map(FileChannel.MapMode.READ_ONLY, tensor.offset(), tensor.byteSize(), arena));
    } catch (IOException e) {
      throw new AwpException(file + ": cannot be read back: " + e.getMessage(), e);
    }
  }

  /** Where a tensor lies, and the checksum of the bytes that were written. */
  public WrittenPiece piece(String name, MemorySegment bytes) {
    return place(name, Sha256.of(bytes));
  }

  private WrittenPiece place(String name, String sha256) {
    GgufTensor tensor = tensors.get(name);
    String path = file.getFileName().toString();
    return new WrittenPiece(name, path, tensor.offset(), tensor.byteSize(), sha256);
  }

  /** Whether tensors lie where this plan has them, with the bytes of their checksums. */
  public boolean holds(List<WrittenPiece> pieces) {
    return pieces.stream()
        .allMatch(
            piece ->
                tensors.containsKey(piece.tensor())
                    && piece.equals(place(piece.tensor(), piece.sha256()))
                    && piece.liesIn(channel));
  }

  /** Takes a tensor as written that is there. */
  public void restore(String name) {
    written.add(name);
  }

  /** Takes a tensor as not written, so that it can be written anew. */
  public void reopen(String name) {
    written.remove(name);
  }

  /** Returns when everything that was written is on the disk; may be called on any thread. */
  public void force() {
    try {
      channel.force(true);
    } catch (IOException e) {
      throw Folders.unwritable(file, e);
    }
  }

  /** Checks that every tensor was written and makes the file durable. */
  public void finish() {
    List<String> missing = tensors.keySet().stream().filter(n -> !written.contains(n)).toList();
    if (!missing.isEmpty()) {
      throw new IllegalStateException("tensors were not written: " + missing);
    }
    force();
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw Folders.unwritable(file, e);
    }
  }
}
