// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.checkpoint;

import java.nio.file.Path;

/** A kind of model folder that can be opened. */
public interface CheckpointKind {
  /** Whether a folder with such content is of this kind. */
  boolean fits(FolderContent content);

  /** Opens a folder; AwpException where anything in it breaks the rules of the kind. */
  Checkpoint open(Path folder);
}
