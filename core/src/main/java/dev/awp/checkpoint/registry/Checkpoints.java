// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.checkpoint.registry;

import dev.awp.AwpException;
import dev.awp.checkpoint.Checkpoint;
import dev.awp.checkpoint.CheckpointKind;
import dev.awp.checkpoint.FolderContent;
import dev.awp.checkpoint.safetensors.SafetensorsCheckpoint;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Opens a model folder by what lies in it. */
public final class Checkpoints {
  /** A line a kind. A folder that fits none is refused in the words of the last. */
  private static final List<CheckpointKind> KINDS = List.of(SafetensorsCheckpoint.KIND);

  private Checkpoints() {}

  /** Opens a folder; AwpException where it is none, or breaks the rules of its kind. */
  public static Checkpoint open(Path folder) {
    if (!Files.isDirectory(folder)) {
      throw new AwpException(folder + ": there is no such folder");
    }
    FolderContent content = FolderContent.of(folder);
    return KINDS.stream()
        .filter(kind -> kind.fits(content))
        .findFirst()
        .orElse(KINDS.getLast())
        .open(folder);
  }
}
