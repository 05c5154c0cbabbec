// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.run;

import dev.awp.AwpException;
import dev.awp.disk.Folders;
import dev.awp.disk.Sha256;
import dev.awp.parallel.Workers;
import dev.awp.report.ReportFile;
import dev.awp.report.RunReport.FileSum;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Checksums of whole files, several at a time. */
public final class FileSums {
  private FileSums() {}

  /** The SHA-256 of each file, under the names that are given. */
  static Map<String, String> sha256(Map<String, Path> files, Workers workers) {
    List<String> names = List.copyOf(files.keySet());
    String[] sums = new String[names.size()];
    workers.forEachBlock(
        sums.length, 1, (from, _) -> sums[from] = Sha256.of(files.get(names.get(from))));
    Map<String, String> named = new LinkedHashMap<>();
    for (int i = 0; i < sums.length; i++) {
      named.put(names.get(i), sums[i]);
    }
    return named;
  }

  /** Size and SHA-256 of every file below a folder but report.json, by path with slashes. */
  public static Map<String, FileSum> below(Path folder, Workers workers) {
    Map<String, Path> files = files(folder);
    Map<String, FileSum> sums = new TreeMap<>();
    sha256(files, workers)
        .forEach((name, sum) -> sums.put(name, new FileSum(size(files.get(name)), sum)));
    return sums;
  }

  /** Every file below a folder but report.json, by path with slashes. */
  public static Map<String, Path> files(Path folder) {
    Map<String, Path> files = new TreeMap<>();
    try {
      for (Path path : Folders.tree(folder)) {
        String name = folder.relativize(path).toString().replace('\\', '/');
        if (!Files.isDirectory(path) && !name.equals(ReportFile.NAME)) {
          files.put(name, path);
        }
      }
      return files;
    } catch (IOException | UncheckedIOException e) {
      throw new AwpException(folder + ": cannot be listed: " + e.getMessage(), e);
    }
  }

  private static long size(Path file) {
    try {
      return Files.size(file);
    } catch (IOException e) {
      throw new AwpException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }
}
