// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.safetensors;

import dev.awp.disk.OutputFolder;
import dev.awp.disk.OutputPlace;
import dev.awp.stored.TensorSpec;
import dev.awp.stored.TensorView;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;

/**
 * Writes a folder of safetensors files: an {@link OutputFolder} with one {@link ShardSet} in it.
 *
 * <p>Tensors may be written in any order, each once. Not for use by several threads at once.
 */
public final class CheckpointWriter implements AutoCloseable {
  private final OutputFolder folder;
  private final ShardSet shards;

  private CheckpointWriter(OutputFolder folder, ShardSet shards) {
    this.folder = folder;
    this.shards = shards;
  }

  /**
   * Begins a folder.
   *
   * @param output must not exist, or be an empty folder
   * @param tensors all that will be written, in the order in which to fill shards
   * @param maxShardBytes data bytes of a file, unless a single tensor is larger
   */
  public static CheckpointWriter create(Path output, List<TensorSpec> tensors, long maxShardBytes) {
    ShardSet.checkShardSize(maxShardBytes);
    OutputFolder folder = OutputFolder.create(OutputPlace.folder(output));
    try {
      ShardSet shards = ShardSet.create(folder.workFolder(), tensors, maxShardBytes);
      return new CheckpointWriter(folder, shards);
    } catch (RuntimeException e) {
      folder.close();
      throw e;
    }
  }

  /** The folder in which everything lies until {@link #commit}; other files may be put there. */
  public Path workFolder() {
    return folder.workFolder();
  }

  /** A folder for what must not become part of the output, on the same disk. */
  public Path scratchFolder() {
    return folder.scratchFolder();
  }

  /** As {@link ShardSet#addFile}. */
  public void addFile(String name, List<TensorSpec> tensors) {
    shards.addFile(name, tensors);
  }

  /** As {@link ShardSet#write}. */
  public void write(String name, MemorySegment bytes) {
    shards.write(name, bytes);
  }

  /** As {@link ShardSet#readBack}. */
  public TensorView readBack(String name, Arena arena) {
    return shards.readBack(name, arena);
  }

  /** Makes everything durable and gives the folder its final name, as {@link OutputFolder}. */
  public void commit() {
    shards.finish();
    folder.commit();
  }

  @Override
  public void close() {
    try (folder) {
      shards.close();
    }
  }
}
