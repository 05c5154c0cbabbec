// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.safetensors;

import dev.awp.disk.Parts;
import dev.awp.disk.PositionedWriter;
import dev.awp.disk.Sha256;
import dev.awp.disk.WrittenPiece;
import dev.awp.stored.StackSlice;
import dev.awp.stored.TensorSpec;
import dev.awp.stored.TensorView;
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
  private final String name;
  private final Path file;
  private final FileChannel channel;
  private final Map<String, ShardPlan.Place> places = new HashMap<>();
  private final Set<String> written = new HashSet<>();

  private ShardWriter(Path file, FileChannel channel, ShardPlan.Shard shard) {
    this.name = shard.file();
    this.file = file;
    this.channel = channel;
    shard.tensors().forEach(place -> places.put(place.tensor().name(), place));
  }

  /**
   * Creates the file with its header, or opens it, with what an earlier run wrote. Its header and
   * size are made those of the plan in any case; of its tensors none counts as written.
   */
  static ShardWriter create(Path folder, ShardPlan.Shard shard) throws IOException {
    Path file = folder.resolve(shard.file());
    FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    try {
      channel.truncate(shard.byteSize());
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
          "tensor %s takes %s bytes, %s were given"
              .formatted(name, place.tensor().byteSize(), bytes.byteSize()));
    }
    claim(name);
    if (isTogether(place)) {
      new PositionedWriter(channel).write(bytes, place.fileOffset());
    } else {
      try (Arena arena = Arena.ofConfined()) {
        Strided.scatter(bytes, map(place, FileChannel.MapMode.READ_WRITE, arena), place.tensor());
      }
    }
  }

  void write(String name, Parts parts) throws IOException {
    ShardPlan.Place place = places.get(name);
    if (!isTogether(place)) {
      throw new IllegalArgumentException("tensor " + name + " does not lie together");
    }
    claim(name);
    long bytes = new PositionedWriter(channel).write(parts, place.fileOffset());
    if (bytes != place.tensor().byteSize()) {
      throw new IllegalArgumentException(
          "tensor %s takes %s bytes, %s were given"
              .formatted(name, place.tensor().byteSize(), bytes));
    }
  }

  private void claim(String name) {
    if (!written.add(name)) {
      throw new IllegalStateException("tensor " + name + " was written before");
    }
  }

  private static boolean isTogether(ShardPlan.Place place) {
    return place.tensor().slice().map(StackSlice::isContiguous).orElse(true);
  }

  /** The bytes from a tensor's first element to its last one. */
  private MemorySegment map(ShardPlan.Place place, FileChannel.MapMode mode, Arena arena)
      throws IOException {
    TensorSpec tensor = place.tensor();
    long bytes =
        tensor.slice().map(in -> in.span() * tensor.dtype().bits() / 8).orElse(tensor.byteSize());
    return channel.map(mode, place.fileOffset(), bytes, arena);
  }

  /** A tensor's bytes, row after row. */
  private MemorySegment bytes(ShardPlan.Place place, Arena arena) throws IOException {
    MemorySegment mapped = map(place, FileChannel.MapMode.READ_ONLY, arena);
    return isTogether(place) ? mapped : Strided.gather(mapped, place.tensor(), arena);
  }

  /** The written tensor, mapped from the file where its bytes lie together. */
  TensorView read(String name, Arena arena) throws IOException {
    ShardPlan.Place place = places.get(name);
    if (!written.contains(name)) {
      throw new IllegalStateException("tensor " + name + " was not written yet");
    }
    TensorSpec tensor = place.tensor();
    return new TensorView(
        name, tensor.dtype(), tensor.shape(), file, place.fileOffset(), bytes(place, arena));
  }

  /** Where a tensor lies. */
  WrittenPiece piece(String tensor, String sha256) {
    ShardPlan.Place place = places.get(tensor);
    return new WrittenPiece(tensor, name, place.fileOffset(), place.tensor().byteSize(), sha256);
  }

  /** Whether a tensor lies where this plan has it, with the bytes of that checksum. */
  boolean holds(WrittenPiece piece) {
    if (!piece.equals(piece(piece.tensor(), piece.sha256()))) {
      return false;
    }
    ShardPlan.Place place = places.get(piece.tensor());
    if (isTogether(place)) {
      return piece.liesIn(channel);
    }
    try (Arena arena = Arena.ofConfined()) {
      return Sha256.of(bytes(place, arena)).equals(piece.sha256());
    } catch (IOException e) {
      // As for a piece whose bytes lie together.
      return false;
    }
  }

  /** Counts a tensor as written. */
  void restore(String tensor) {
    written.add(tensor);
  }

  /** Counts a tensor as not written, so that it can be written anew. */
  void reopen(String tensor) {
    written.remove(tensor);
  }

  void force() throws IOException {
    channel.force(true);
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
