// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.checkpoint;

import dev.awp.AwpException;
import dev.awp.text.chat.TemplateFiles;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;

/**
 * The files of a checkpoint folder that are not weights: configuration, tokenizer, licence, model
 * card, and chat templates in a folder of their own. They are copied as they are; weights in any
 * format and hidden files are not.
 */
public final class CompanionFiles {
  private CompanionFiles() {}

  /** The companion files of a folder, by name. */
  public static List<Path> list(Path folder) {
    return FolderContent.of(folder).companions();
  }

  /** What a companion file is called within its folder, with slashes. */
  public static String name(Path folder, Path file) {
    boolean nested = !folder.equals(file.getParent());
    String name = file.getFileName().toString();
    return nested ? TemplateFiles.FOLDER + "/" + name : name;
  }

  /** Copies the companion files of one folder into another; those of an earlier copy give way. */
  public static void copy(Path from, Path into) {
    for (Path file : list(from)) {
      Path copy = into.resolve(name(from, file));
      // By stream: a read-only original makes no read-only copy.
      try (InputStream content = Files.newInputStream(file)) {
        Files.createDirectories(copy.getParent());
        Files.copy(content, copy, StandardCopyOption.REPLACE_EXISTING);
      } catch (IOException e) {
        throw new AwpException(
            "%s: cannot be copied into %s: %s".formatted(file, into, e.getMessage()), e);
      }
    }
  }
}
