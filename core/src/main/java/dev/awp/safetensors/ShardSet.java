// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.safetensors;

import dev.awp.AwpException;
import dev.awp.disk.Folders;
import dev.awp.disk.Parts;
import dev.awp.disk.Sha256;
import dev.awp.disk.WrittenPiece;
import dev.awp.stored.TensorSpec;
import dev.awp.stored.TensorView;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;

/**
 * The safetensors files of one checkpoint while they are written into a folder that somebody else
 * owns. Tensors may be written in any order, each once. Not for use by several threads at once.
 */
public final class ShardSet implements AutoCloseable {
  private final Path folder;
  private final List<ShardWriter> writers = new ArrayList<>();
  private final Map<String, ShardWriter> writerOf = new HashMap<>();

  private ShardSet(Path folder) {
    this.folder = folder;
  }

  /**
   * Creates the files, or opens those that an earlier run of the same plan left.
   *
   * @param folder exists
   * @param tensors all that will be written, in the order in which to fill shards
   * @param maxShardBytes data bytes of a file, unless a single tensor is larger
   */
  public static ShardSet create(Path folder, List<TensorSpec> tensors, long maxShardBytes) {
    checkShardSize(maxShardBytes);
    ShardSet set = new ShardSet(folder);
    try {
      set.openShards(ShardPlan.of(tensors, maxShardBytes));
      return set;
    } catch (IOException e) {
      set.close();
      throw Folders.unwritable(folder, e);
    } catch (RuntimeException e) {
      set.close();
      throw e;
    }
  }

  /**
   * One file of a given name, with metadata beside the format.
   *
   * @param folder exists
   */
  public static ShardSet single(
      Path folder, String name, List<TensorSpec> tensors, SortedMap<String, String> metadata) {
    ShardSet set = new ShardSet(folder);
    try {
      set.open(ShardPlan.shard(name, tensors, metadata));
      return set;
    } catch (IOException e) {
      set.close();
      throw Folders.unwritable(folder.resolve(name), e);
    }
  }

  static void checkShardSize(long maxShardBytes) {
    if (maxShardBytes < 1) {
      throw new AwpException("a shard of " + maxShardBytes + " bytes holds nothing");
    }
  }

  /**
   * Adds a safetensors file beside the shards, whose tensors loaders of the checkpoint do not see.
   *
   * @param name path inside the folder
   */
  public void addFile(String name, List<TensorSpec> tensors) {
    try {
      Files.createDirectories(folder.resolve(name).getParent());
      open(ShardPlan.shard(name, tensors, Collections.emptySortedMap()));
    } catch (IOException e) {
      throw Folders.unwritable(folder.resolve(name), e);
    }
  }

  private void open(ShardPlan.Shard shard) throws IOException {
    ShardWriter writer = ShardWriter.create(folder, shard);
    writers.add(writer);
    for (ShardPlan.Place place : shard.tensors()) {
      writerOf.put(place.tensor().name(), writer);
    }
  }

  private void openShards(ShardPlan plan) throws IOException {
    Map<String, String> weightMap = new HashMap<>();
    long total = 0;
    for (ShardPlan.Shard shard : plan.shards()) {
      open(shard);
      for (ShardPlan.Place place : shard.tensors()) {
        weightMap.put(place.tensor().whole().name(), shard.file());
        total += place.tensor().byteSize();
      }
    }
    if (plan.shards().size() > 1) {
      new ShardIndex(weightMap).write(folder.resolve(ShardIndex.NAME), total);
    }
  }

  /** Writes a tensor's stored bytes, which may be of any kind of segment. */
  public void write(String name, MemorySegment bytes) {
    try {
      writer(name).write(name, bytes);
    } catch (IOException e) {
      throw Folders.unwritable(folder, e);
    }
  }

  /**
   * Writes a tensor's stored bytes part by part.
   *
   * @throws IllegalArgumentException for one whose rows do not lie together
   */
  public void write(String name, Parts parts) {
    try {
      writer(name).write(name, parts);
    } catch (IOException e) {
      throw Folders.unwritable(folder, e);
    }
  }

  /** Where a tensor lies, and the checksum of the bytes that were written. */
  public WrittenPiece piece(String name, MemorySegment bytes) {
    return writer(name).piece(name, Sha256.of(bytes));
  }

  /**
   * Whether tensors that an earlier run wrote lie where this one would put them, with the bytes of
   * their checksums.
   */
  public boolean holds(List<WrittenPiece> pieces) {
    return pieces.stream()
        .allMatch(
            piece -> {
              ShardWriter writer = writerOf.get(piece.tensor());
              return writer != null && writer.holds(piece);
            });
  }

  /** Takes tensors as written that are {@linkplain #holds there}. */
  public void restore(List<WrittenPiece> pieces) {
    pieces.forEach(piece -> writer(piece.tensor()).restore(piece.tensor()));
  }

  /** Takes tensors as not written, so that they can be written anew. */
  public void reopen(List<WrittenPiece> pieces) {
    pieces.forEach(piece -> writer(piece.tensor()).reopen(piece.tensor()));
  }

  /** Returns when everything that was written is on the disk; may be called on any thread. */
  public void force() {
    try {
      for (ShardWriter writer : writers) {
        writer.force();
      }
    } catch (IOException e) {
      throw Folders.unwritable(folder, e);
    }
  }

  /** A tensor as it lies in the file, mapped into the arena. */
  public TensorView readBack(String name, Arena arena) {
    try {
      return writer(name).read(name, arena);
    } catch (IOException e) {
      throw new AwpException(folder + ": cannot be read back: " + e.getMessage(), e);
    }
  }

  private ShardWriter writer(String name) {
    ShardWriter writer = writerOf.get(name);
    if (writer == null) {
      throw new IllegalArgumentException("tensor " + name + " was not planned");
    }
    return writer;
  }

  /** Makes the files durable and closes them, when every tensor is written. */
  public void finish() {
    List<String> missing = writers.stream().flatMap(w -> w.missing().stream()).toList();
    if (!missing.isEmpty()) {
      throw new IllegalStateException("tensors were not written: " + missing);
    }
    force();
    close();
  }

  @Override
  public void close() {
    try {
      for (ShardWriter writer : writers) {
        writer.close();
      }
    } catch (IOException e) {
      throw new AwpException(folder + ": cannot be closed: " + e.getMessage(), e);
    }
  }
}
