// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.checkpoint;

import dev.awp.gguf.file.GgufParts;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a model is called, by the folder in which it lies. */
public final class ModelName {
  private static final Pattern CACHED = Pattern.compile("models--(?:.*--)?(.+)");

  private ModelName() {}

  /**
   * The folder's name, or the file's without its ending; in a hub's cache
   * (models--ORG--NAME/snapshots/HASH) the NAME. Empty for the root of a file system.
   */
  public static String of(Path folder) {
    if (FolderContent.isModelFile(folder)) {
      return GgufParts.modelName(folder);
    }
    Path whole = folder.toAbsolutePath().normalize();
    Path name = whole.getFileName();
    Path parent = whole.getParent();
    if (name == null) {
      return "";
    }
    if (parent != null && parent.endsWith("snapshots") && parent.getNameCount() > 1) {
      Matcher cached = CACHED.matcher(parent.getParent().getFileName().toString());
      if (cached.matches()) {
        return cached.group(1);
      }
    }
    return name.toString();
  }
}
