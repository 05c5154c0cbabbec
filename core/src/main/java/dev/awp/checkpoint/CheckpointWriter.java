// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.checkpoint;

import dev.awp.AwpException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;

/**
 * Writes a checkpoint folder beside its final place and renames it when it is complete: the final
 * folder is never half-written. {@link #close} without {@link #commit} removes everything.
 *
 * <p>Tensors may be written in any order, each once. Not for use by several threads at once.
 */
public final class CheckpointWriter implements AutoCloseable {
  private final Path output;
  private final Path work;
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
  private boolean finished;

  private CheckpointWriter(Path output, Path work) {
    this.output = output;
    this.work = work;
  }

  /**
   * Begins a folder.
   *
   * @param output must not exist, or be an empty folder
   * @param tensors all that will be written, in the order in which to fill shards
   * @param maxShardBytes data bytes of a file, unless a single tensor is larger
   */
  public static CheckpointWriter create(Path output, List<TensorSpec> tensors, long maxShardBytes) {
    if (maxShardBytes < 1) {
      throw new AwpException("a shard of " + maxShardBytes + " bytes holds nothing");
    }
    Path absolute = resolved(output);
    checkFree(absolute);
    Path parent = absolute.getParent();
    CheckpointWriter writer;
    try {
      Files.createDirectories(parent);
      // Not a temporary folder of the JDK's, which nobody else could read after the rename.
      String suffix = Long.toHexString(new SecureRandom().nextLong());
      Path work = parent.resolve(absolute.getFileName() + ".partial-" + suffix);
      writer = new CheckpointWriter(absolute, Files.createDirectory(work));
    } catch (IOException e) {
      throw ShardWriter.failure(absolute, e);
    }
    try {
      writer.openShards(ShardPlan.of(tensors, maxShardBytes));
      return writer;
    } catch (IOException e) {
      writer.close();
      throw ShardWriter.failure(writer.work, e);
    } catch (RuntimeException e) {
      writer.close();
      throw e;
    }
  }

  /** Through links: the folder that a link names is replaced, not the link. */
  private static Path resolved(Path output) {
    try {
      return Files.exists(output) ? output.toRealPath() : output.toAbsolutePath().normalize();
    } catch (IOException e) {
      throw ShardWriter.failure(output, e);
    }
  }

  /** Refuses an output folder that holds anything, or that no rename can replace. */
  public static void checkFree(Path output) {
    if (!Files.exists(output)) {
      return;
    }
    if (!Files.isDirectory(output)) {
      throw new AwpException(output + ": the output must be a folder, this is a file");
    }
    try (Stream<Path> content = Files.list(output)) {
      if (content.findAny().isPresent()) {
        throw new AwpException(
            output + ": the output folder is not empty; remove it or choose another");
      }
      Path real = output.toRealPath();
      if (real.getParent() == null
          || !Files.getFileStore(real).equals(Files.getFileStore(real.getParent()))) {
        throw new AwpException(
            output + ": the output folder is a mount point; choose a new folder inside it");
      }
    } catch (IOException e) {
      throw new AwpException(output + ": cannot be listed: " + e.getMessage(), e);
    }
  }

  /**
   * Adds a safetensors file beside the shards, whose tensors loaders of the checkpoint do not see.
   *
   * @param name path inside the folder
   */
  public void addFile(String name, List<TensorSpec> tensors) {
    try {
      Files.createDirectories(work.resolve(name).getParent());
      open(ShardPlan.shard(name, tensors));
    } catch (IOException e) {
      throw ShardWriter.failure(work.resolve(name), e);
    }
  }

  private void open(ShardPlan.Shard shard) throws IOException {
    ShardWriter writer = ShardWriter.create(work, shard);
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
      new ShardIndex(weightMap).write(work.resolve(ShardIndex.NAME), total);
    }
  }

  /** The folder in which everything lies until {@link #commit}; other files may be put there. */
  public Path workFolder() {
    return work;
  }

  /** Writes a tensor's stored bytes, which may be of any kind of segment. */
  public void write(String name, MemorySegment bytes) {
    try {
      writer(name).write(name, bytes);
    } catch (IOException e) {
      throw ShardWriter.failure(work, e);
    }
  }

  /**
   * Sends to the disk what was written so far, in the background: little is left to wait for at the
   * end, and a disk that fails is known hours earlier, by the next call of this or by {@link
   * #commit}.
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
          ? ShardWriter.failure(work, failure)
          : new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AwpException(work + ": interrupted while writing", e);
    } finally {
      behind = Optional.empty();
    }
  }

  /** A tensor as it lies in the file, mapped into the arena. */
  public TensorView readBack(String name, Arena arena) {
    try {
      return writer(name).read(name, arena);
    } catch (IOException e) {
      throw new AwpException(work + ": cannot be read back: " + e.getMessage(), e);
    }
  }

  private ShardWriter writer(String name) {
    ShardWriter writer = writerOf.get(name);
    if (writer == null) {
      throw new IllegalArgumentException("tensor " + name + " was not planned");
    }
    return writer;
  }

  /**
   * Makes everything durable and gives the folder its final name. Where only the naming fails, the
   * finished working folder stays and the message says where: hours of work are not thrown away.
   */
  public void commit() {
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
      forceOtherFiles();
    } catch (IOException e) {
      throw ShardWriter.failure(work, e);
    }
    finished = true;
    try {
      // An empty folder stands in the way of the rename on some systems.
      Files.deleteIfExists(output);
      Files.move(work, output, StandardCopyOption.ATOMIC_MOVE);
      forceFolder(output.getParent());
    } catch (IOException e) {
      throw new AwpException(
          "%s: cannot be put in place (%s), the finished model is in %s".formatted(output, e, work),
          e);
    }
  }

  private void forceOtherFiles() throws IOException {
    List<Path> all;
    try (Stream<Path> tree = Files.walk(work)) {
      all = tree.toList();
    }
    for (Path path : all) {
      if (Files.isRegularFile(path)) {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
          channel.force(true);
        }
      } else {
        forceFolder(path);
      }
    }
  }

  /** Folders can be synced on POSIX systems only; elsewhere the rename has to do. */
  private static void forceFolder(Path folder) {
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    } catch (IOException e) {
      // The data are synced; only the durability of the name depends on the system.
      return;
    }
  }

  @Override
  public void close() {
    // Closing the files ends what is still being forced.
    background.shutdownNow();
    if (finished) {
      return;
    }
    try {
      for (ShardWriter writer : writers) {
        writer.close();
      }
      deleteTree(work);
    } catch (IOException | UncheckedIOException e) {
      throw new AwpException(work + ": cannot be removed: " + e.getMessage(), e);
    }
  }

  private static void deleteTree(Path root) throws IOException {
    if (!Files.exists(root)) {
      return;
    }
    List<Path> all;
    try (Stream<Path> tree = Files.walk(root)) {
      all = tree.toList().reversed();
    }
    for (Path path : all) {
      Files.delete(path);
    }
  }
}
