// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.checkpoint;

import dev.awp.config.ModelConfig;
import dev.awp.stored.StoredTensor;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A checkpoint in other words: other tensors, what else it says is the original's. Owns the
 * original where it does not say otherwise.
 */
public abstract class CheckpointView implements Checkpoint {
  private final Checkpoint original;

  /** What the view shows; its makers fill it. */
  protected final Map<String, StoredTensor> tensors = new LinkedHashMap<>();

  protected CheckpointView(Checkpoint original) {
    this.original = original;
  }

  /** What it is a view of. */
  protected final Checkpoint original() {
    return original;
  }

  @Override
  public final Map<String, StoredTensor> byName() {
    return tensors;
  }

  @Override
  public Path folder() {
    return original.folder();
  }

  @Override
  public Path companions() {
    return original.companions();
  }

  @Override
  public Checkpoint source() {
    return original.source();
  }

  @Override
  public ModelConfig config() {
    return original.config();
  }

  @Override
  public Set<Path> files() {
    return original.files();
  }

  @Override
  public List<String> warnings() {
    return original.warnings();
  }

  @Override
  public ConfigCorrections corrections() {
    return original.corrections();
  }

  @Override
  public void close() {
    original.close();
  }
}
