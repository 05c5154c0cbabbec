// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.checkpoint.safetensors;

import dev.awp.AwpException;
import dev.awp.checkpoint.Checkpoint;
import dev.awp.checkpoint.CheckpointKind;
import dev.awp.checkpoint.ConfigCorrections;
import dev.awp.checkpoint.FolderContent;
import dev.awp.config.ModelConfig;
import dev.awp.config.json.ModelConfigReader;
import dev.awp.stored.StoredTensor;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A Hugging Face checkpoint folder, open for reading: config.json and the tensors of its
 * safetensors files. Owns the maps; every tensor lives until {@link #close}.
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
  private final Arena arena;
  private final ReadModel model;

  private SafetensorsCheckpoint(Path folder, Arena arena, ReadModel model) {
    this.folder = folder;
    this.arena = arena;
    this.model = model;
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
      FolderTensors.Found found = FolderTensors.find(folder, arena);
      return new SafetensorsCheckpoint(folder, arena, ReadModel.of(folder, config, found));
    } catch (RuntimeException e) {
      arena.close();
      throw e;
    }
  }

  @Override
  public Path folder() {
    return folder;
  }

  @Override
  public ModelConfig config() {
    return model.config();
  }

  @Override
  public Map<String, StoredTensor> byName() {
    return model.tensors();
  }

  @Override
  public List<String> warnings() {
    return model.warnings();
  }

  @Override
  public ConfigCorrections corrections() {
    return model.corrections();
  }

  @Override
  public void close() {
    arena.close();
  }
}
