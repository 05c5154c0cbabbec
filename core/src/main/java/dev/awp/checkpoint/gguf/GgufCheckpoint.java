// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.checkpoint.gguf;

import dev.awp.AwpException;
import dev.awp.checkpoint.Checkpoint;
import dev.awp.checkpoint.CheckpointKind;
import dev.awp.checkpoint.FolderContent;
import dev.awp.config.Architecture;
import dev.awp.config.ModelConfig;
import dev.awp.config.json.ModelConfigReader;
import dev.awp.gguf.GgufValue;
import dev.awp.gguf.file.GgufFile;
import dev.awp.gguf.file.GgufKeys;
import dev.awp.gguf.file.GgufParts;
import dev.awp.gguf.model.GgufConfig;
import dev.awp.gguf.tokenizer.TokenizerFiles;
import dev.awp.stored.StoredTensor;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A model in a GGUF file, or in the files that one was split into. Its tensors have the names, the
 * order of rows and the offsets that transformers gives them; configuration and tokenizer are
 * written out as a model folder's files for as long as it is open.
 */
public final class GgufCheckpoint implements Checkpoint {
  /** The kind, for the list of all. */
  public static final CheckpointKind KIND =
      new CheckpointKind() {
        @Override
        public boolean fits(FolderContent content) {
          return content.gguf().isPresent();
        }

        @Override
        public Checkpoint open(Path model) {
          return GgufCheckpoint.open(model);
        }
      };

  private final Path file;
  private final List<GgufFile> parts;
  private final Arena arena;
  private final WrittenFiles written;
  private final ModelConfig config;
  private final Map<String, StoredTensor> tensors;
  private final List<String> warnings;

  private GgufCheckpoint(
      Path file,
      List<GgufFile> parts,
      Arena arena,
      WrittenFiles written,
      ModelConfig config,
      ModelTensors found) {
    this.file = file;
    this.parts = parts;
    this.arena = arena;
    this.written = written;
    this.config = config;
    this.tensors = found.tensors();
    this.warnings = found.warnings();
  }

  /**
   * Opens a file, or the one that a folder holds; AwpException where anything in it breaks the
   * rules of the format, or is none that awp knows.
   */
  @SuppressWarnings("MustBeClosed") // arena and files are closed by close(), or below
  public static GgufCheckpoint open(Path model) {
    Path file = FolderContent.of(model).gguf().orElse(model);
    List<GgufFile> parts = GgufParts.read(file);
    GgufKeys keys = new GgufKeys(file, parts.getFirst().metadata());
    Architecture architecture = GgufConfig.architecture(keys);
    Arena arena = Arena.ofShared();
    WrittenFiles written = WrittenFiles.create();
    try {
      ModelTensors found = ModelTensors.of(parts, keys, architecture, architecture.names(), arena);
      written.write("config.json", GgufConfig.of(keys, found.asked()));
      TokenizerFiles.of(keys).forEach(written::write);
      ModelConfig config = config(file, written);
      return new GgufCheckpoint(model, parts, arena, written, config, found);
    } catch (RuntimeException e) {
      written.close();
      arena.close();
      throw e;
    }
  }

  /** Messages name the file that people know. */
  private static ModelConfig config(Path file, WrittenFiles written) {
    Path json = written.folder().resolve("config.json");
    try {
      return ModelConfigReader.read(json);
    } catch (AwpException e) {
      throw new AwpException(e.getMessage().replace(json.toString(), file.toString()), e);
    }
  }

  /** All metadata of the file, by key. */
  public Map<String, GgufValue> metadata() {
    return new LinkedHashMap<>(parts.getFirst().metadata());
  }

  @Override
  public Path folder() {
    return file;
  }

  @Override
  public Path companions() {
    return written.folder();
  }

  @Override
  public Set<Path> files() {
    Set<Path> files = new LinkedHashSet<>();
    parts.forEach(part -> files.add(part.file()));
    return files;
  }

  @Override
  public ModelConfig config() {
    return config;
  }

  @Override
  public Map<String, StoredTensor> byName() {
    return tensors;
  }

  @Override
  public List<String> warnings() {
    return warnings;
  }

  @Override
  public void close() {
    arena.close();
    written.close();
  }
}
