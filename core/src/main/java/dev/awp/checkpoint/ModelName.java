// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.checkpoint;

import dev.awp.gguf.file.GgufParts;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a model is called, by the folder in which it lies. */
public final class ModelName {
  private static final Pattern CACHED = Pattern.compile("models--(?:(.*)--)?(.+)");

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
    if (name == null) {
      return "";
    }
    return cached(whole).map(cached -> cached.group(2)).orElse(name.toString());
  }

  /** The ORG of a folder in a hub's cache. */
  public static Optional<String> organization(Path folder) {
    return cached(folder.toAbsolutePath().normalize())
        .flatMap(cached -> Optional.ofNullable(cached.group(1)));
  }

  private static Optional<Matcher> cached(Path folder) {
    Path parent = folder.getParent();
    return parent != null && parent.endsWith("snapshots") && parent.getNameCount() > 1
        ? Optional.of(CACHED.matcher(parent.getParent().getFileName().toString()))
            .filter(Matcher::matches)
        : Optional.empty();
  }
}
