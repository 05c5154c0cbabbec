// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.checkpoint.safetensors;

import dev.awp.AwpException;
import dev.awp.checkpoint.Checkpoint;
import dev.awp.checkpoint.CheckpointKind;
import dev.awp.checkpoint.FolderContent;
import dev.awp.config.ModelConfig;
import dev.awp.config.json.ModelConfigReader;
import dev.awp.safetensors.SafetensorsFile;
import dev.awp.safetensors.ShardIndex;
import dev.awp.stored.TensorView;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A Hugging Face checkpoint folder, open for reading: config.json and the tensors of
 * model.safetensors or of the shards that model.safetensors.index.json names. Owns the maps; every
 * {@link TensorView} lives until {@link #close}.
 */
public final class SafetensorsCheckpoint implements Checkpoint {
  /** The kind, for the list of all. */
  public static final CheckpointKind KIND =
      new CheckpointKind() {
        @Override
        public boolean fits(FolderContent content) {
          return content.hasSafetensors();
        }

        @Override
        public Checkpoint open(Path folder) {
          return SafetensorsCheckpoint.open(folder);
        }
      };

  private final Path folder;
  private final ModelConfig config;
  private final Arena arena;
  private final Map<String, TensorView> tensors;

  private SafetensorsCheckpoint(
      Path folder, ModelConfig config, Arena arena, Map<String, TensorView> tensors) {
    this.folder = folder;
    this.config = config;
    this.arena = arena;
    this.tensors = tensors;
  }

  /** Opens a folder; AwpException where anything in it breaks the rules of the format. */
  @SuppressWarnings("MustBeClosed") // the arena is closed by close(), or below
  public static SafetensorsCheckpoint open(Path folder) {
    if (!Files.isDirectory(folder)) {
      throw new AwpException(folder + ": there is no such folder");
    }
    ModelConfig config = ModelConfigReader.read(folder.resolve("config.json"));
    Arena arena = Arena.ofShared();
    try {
      return new SafetensorsCheckpoint(folder, config, arena, mapTensors(folder, arena));
    } catch (RuntimeException e) {
      arena.close();
      throw e;
    }
  }

  private static Map<String, TensorView> mapTensors(Path folder, Arena arena) {
    Path single = folder.resolve(SafetensorsFile.SINGLE);
    Path index = folder.resolve(ShardIndex.NAME);
    if (Files.exists(index)) {
      return mapShards(folder, ShardIndex.read(index), arena);
    }
    if (!Files.exists(single)) {
      throw new AwpException(
          "%s: neither %s nor %s is there (pickled .bin checkpoints are not read)"
              .formatted(folder, SafetensorsFile.SINGLE, ShardIndex.NAME));
    }
    Map<String, TensorView> tensors = new LinkedHashMap<>();
    SafetensorsFile.map(single, arena).forEach(view -> tensors.put(view.name(), view));
    return tensors;
  }

  /** A tensor in a shard that the index assigns elsewhere, or not at all, is an error. */
  private static Map<String, TensorView> mapShards(Path folder, ShardIndex index, Arena arena) {
    Map<String, TensorView> tensors = new LinkedHashMap<>();
    for (String shard : index.shards()) {
      for (TensorView view : SafetensorsFile.map(folder.resolve(shard), arena)) {
        String assigned = index.weightMap().getOrDefault(view.name(), "no file");
        if (!assigned.equals(shard)) {
          throw new AwpException(
              "%s: tensor %s is in this shard, but %s assigns it to %s"
                  .formatted(view.file(), view.name(), ShardIndex.NAME, assigned));
        }
        tensors.put(view.name(), view);
      }
    }
    for (Map.Entry<String, String> entry : index.weightMap().entrySet()) {
      if (!tensors.containsKey(entry.getKey())) {
        throw new AwpException(
            "%s: tensor %s is missing, %s assigns it to this shard"
                .formatted(folder.resolve(entry.getValue()), entry.getKey(), ShardIndex.NAME));
      }
    }
    return tensors;
  }

  @Override
  public Path folder() {
    return folder;
  }

  @Override
  public ModelConfig config() {
    return config;
  }

  @Override
  public List<TensorView> tensors() {
    return new ArrayList<>(tensors.values());
  }

  @Override
  public boolean contains(String name) {
    return tensors.containsKey(name);
  }

  @Override
  public TensorView tensor(String name) {
    TensorView view = tensors.get(name);
    if (view == null) {
      throw new AwpException(folder + ": tensor " + name + " is missing");
    }
    return view;
  }

  @Override
  public void close() {
    arena.close();
  }
}
