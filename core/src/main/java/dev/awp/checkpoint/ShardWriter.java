// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.checkpoint;

import dev.awp.AwpException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** One safetensors file being written: header first, then tensors at their places, in any order. */
final class ShardWriter implements AutoCloseable {
  private final Path file;
  private final FileChannel channel;
  private final Map<String, ShardPlan.Place> places = new HashMap<>();
  private final Set<String> written = new HashSet<>();

  private ShardWriter(Path file, FileChannel channel, ShardPlan.Shard shard) {
    this.file = file;
    this.channel = channel;
    shard.tensors().forEach(place -> places.put(place.tensor().name(), place));
  }

  /** Creates the file at its full size, with its header. */
  static ShardWriter create(Path folder, ShardPlan.Shard shard) throws IOException {
    Path file = folder.resolve(shard.file());
    FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE);
    try {
      new PositionedWriter(channel).write(shard.header(), 0);
      return new ShardWriter(file, channel, shard);
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  List<String> missing() {
    return places.keySet().stream().filter(name -> !written.contains(name)).sorted().toList();
  }

  void write(String name, MemorySegment bytes) throws IOException {
    ShardPlan.Place place = places.get(name);
    if (bytes.byteSize() != place.tensor().byteSize()) {
      throw new IllegalArgumentException(
          "tensor %s takes %d bytes, %d were given"
              .formatted(name, place.tensor().byteSize(), bytes.byteSize()));
    }
    if (!written.add(name)) {
      throw new IllegalStateException("tensor " + name + " was written before");
    }
    new PositionedWriter(channel).write(bytes, place.fileOffset());
  }

  /** The written tensor, mapped from the file. */
  TensorView read(String name, Arena arena) throws IOException {
    ShardPlan.Place place = places.get(name);
    if (!written.contains(name)) {
      throw new IllegalStateException("tensor " + name + " was not written yet");
    }
    TensorSpec tensor = place.tensor();
    MemorySegment data =
        channel.map(FileChannel.MapMode.READ_ONLY, place.fileOffset(), tensor.byteSize(), arena);
    return new TensorView(name, tensor.dtype(), tensor.shape(), file, place.fileOffset(), data);
  }

  void force() throws IOException {
    channel.force(true);
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }

  /** Turns an I/O failure into the user's sentence. */
  static AwpException failure(Path file, IOException e) {
    return new AwpException(file + ": cannot be written: " + e.getMessage(), e);
  }
}
