// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.checkpoint.registry;

import dev.awp.AwpException;
import dev.awp.checkpoint.Checkpoint;
import dev.awp.checkpoint.CheckpointKind;
import dev.awp.checkpoint.FolderContent;
import dev.awp.checkpoint.gguf.GgufCheckpoint;
import dev.awp.checkpoint.safetensors.SafetensorsCheckpoint;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Opens a model folder by what lies in it. */
public final class Checkpoints {
  /** A line a kind. A folder that fits none is refused in the words of the last. */
  private static final List<CheckpointKind> KINDS =
      List.of(GgufCheckpoint.KIND, SafetensorsCheckpoint.KIND);

  private static final Logger LOG = LoggerFactory.getLogger(Checkpoints.class);

  private Checkpoints() {}

  /**
   * Opens a folder, or a model in one file, and tells its warnings; AwpException where it is
   * neither, or breaks the rules of its kind.
   */
  public static Checkpoint open(Path folder) {
    if (!Files.isDirectory(folder) && !FolderContent.isModelFile(folder)) {
      throw new AwpException(folder + ": " + missing(folder));
    }
    FolderContent content = FolderContent.of(folder);
    content.check();
    checkSnapshot(folder, content);
    Checkpoint checkpoint =
        KINDS.stream()
            .filter(kind -> kind.fits(content))
            .findFirst()
            .orElse(KINDS.getLast())
            .open(folder);
    checkpoint.warnings().forEach(warning -> LOG.warn("{}: {}", folder, warning));
    return checkpoint;
  }

  /** A hub's cache keeps models a level deeper than their names. */
  private static void checkSnapshot(Path folder, FolderContent content) {
    Path snapshots = folder.resolve("snapshots");
    if (!content.files().contains(folder.resolve("config.json")) && Files.isDirectory(snapshots)) {
      throw new AwpException(
          "%s: is the folder of a hub's cache; the model is a folder in it: %s"
              .formatted(folder, FolderContent.of(snapshots).files()));
    }
  }

  private static String missing(Path folder) {
    return Files.exists(folder, LinkOption.NOFOLLOW_LINKS)
        ? "is no model, which is a folder with config.json and the weights, or a .gguf file"
        : "there is no such folder or file";
  }
}
