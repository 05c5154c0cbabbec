// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.checkpoint;

import dev.awp.AwpException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * The safetensors files of one checkpoint while they are written into a folder that somebody else
 * owns. Tensors may be written in any order, each once. Not for use by several threads at once.
 */
public final class ShardSet implements AutoCloseable {
  private final Path folder;
  private final List<ShardWriter> writers = new ArrayList<>();
  private final Map<String, ShardWriter> writerOf = new HashMap<>();
  private final ExecutorService background =
      Executors.newSingleThreadExecutor(
          task -> {
            Thread thread = new Thread(task, "awp-write-behind");
            thread.setDaemon(true);
            return thread;
          });
  private Optional<Future<Void>> behind = Optional.empty();

  private ShardSet(Path folder) {
    this.folder = folder;
  }

  /**
   * Creates the files.
   *
   * @param folder exists and is empty of safetensors files
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
      throw ShardWriter.failure(folder, e);
    } catch (RuntimeException e) {
      set.close();
      throw e;
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
      open(ShardPlan.shard(name, tensors));
    } catch (IOException e) {
      throw ShardWriter.failure(folder.resolve(name), e);
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
        weightMap.put(place.tensor().name(), shard.file());
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
      throw ShardWriter.failure(folder, e);
    }
  }

  /**
   * Sends to the disk what was written so far, in the background: little is left to wait for at the
   * end, and a disk that fails is known hours earlier, by the next call of this or by {@link
   * #finish}.
   */
  public void writeBehind() {
    awaitWriteBehind();
    behind =
        Optional.of(
            background.submit(
                () -> {
                  for (ShardWriter writer : writers) {
                    writer.force();
                  }
                  return null;
                }));
  }

  private void awaitWriteBehind() {
    if (behind.isEmpty()) {
      return;
    }
    try {
      behind.get().get();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof IOException failure
          ? ShardWriter.failure(folder, failure)
          : new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AwpException(folder + ": interrupted while writing", e);
    } finally {
      behind = Optional.empty();
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
    awaitWriteBehind();
    try {
      for (ShardWriter writer : writers) {
        writer.force();
        writer.close();
      }
    } catch (IOException e) {
      throw ShardWriter.failure(folder, e);
    }
  }

  @Override
  public void close() {
    // Closing the files ends what is still being forced.
    background.shutdownNow();
    try {
      for (ShardWriter writer : writers) {
        writer.close();
      }
    } catch (IOException e) {
      throw new AwpException(folder + ": cannot be closed: " + e.getMessage(), e);
    }
  }
}
