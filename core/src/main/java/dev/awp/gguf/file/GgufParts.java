// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.file;

import dev.awp.AwpException;
import dev.awp.gguf.GgufValue;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The files of a model that llama.cpp's tools split: NAME-00001-of-0000N.gguf. */
public final class GgufParts {
  /** What names of GGUF files end in. */
  public static final String ENDING = ".gguf";

  private static final Pattern PART =
      Pattern.compile("(.*)-(\\d{5})-of-(\\d{5})\\.gguf", Pattern.CASE_INSENSITIVE);
  private static final String COUNT = "split.count";
  private static final String NUMBER = "split.no";

  private GgufParts() {}

  /** Whether a file is GGUF by its name. */
  public static boolean isNamedSo(Path file) {
    Path name = file.getFileName();
    return name != null && name.toString().toLowerCase(Locale.ROOT).endsWith(ENDING);
  }

  /** All files of the model that one of its files belongs to, whether they are there or not. */
  public static List<Path> files(Path file) {
    Matcher part = PART.matcher(file.getFileName().toString());
    if (!part.matches() || Integer.parseInt(part.group(3)) == 0) {
      return List.of(file);
    }
    List<Path> files = new ArrayList<>();
    int count = Integer.parseInt(part.group(3));
    for (int i = 1; i <= count; i++) {
      String name = String.format(Locale.ROOT, "%s-%05d-of-%05d.gguf", part.group(1), i, count);
      files.add(file.resolveSibling(name));
    }
    return files;
  }

  /** The model's name by that of its file. */
  public static String modelName(Path file) {
    String name = file.getFileName().toString();
    Matcher part = PART.matcher(name);
    if (part.matches()) {
      return part.group(1);
    }
    return isNamedSo(file) ? name.substring(0, name.length() - ENDING.length()) : name;
  }

  /**
   * Reads the headers of all files of a model.
   *
   * @throws AwpException where one is missing, or says that it is another part
   */
  public static List<GgufFile> read(Path file) {
    List<Path> paths = files(file);
    for (Path path : paths) {
      if (!Files.exists(path)) {
        throw new AwpException(
            "%s: is missing, the model has %s files".formatted(path, paths.size()));
      }
    }
    List<GgufFile> files = paths.stream().map(GgufFile::read).toList();
    for (int i = 0; i < files.size(); i++) {
      check(files.get(i), i, files.size());
    }
    return files;
  }

  private static void check(GgufFile file, int index, int count) {
    long stated = whole(file, COUNT, 1);
    long number = whole(file, NUMBER, 0);
    // A file that says nothing of parts is a whole model.
    boolean whole = stated <= 1;
    if (whole ? count > 1 : stated != count || number != index) {
      throw new AwpException(
          "%s: says that it is part %s of %s, its name says %s of %s; a split model is read where its files are called NAME-00001-of-0000N.gguf"
              .formatted(file.file(), number + 1, stated, index + 1, count));
    }
  }

  private static long whole(GgufFile file, String key, long fallback) {
    return file.metadata().get(key) instanceof GgufValue.Whole whole ? whole.value() : fallback;
  }
}
