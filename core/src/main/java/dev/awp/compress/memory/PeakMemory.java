// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.memory;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;

/** The most memory that this process has had resident, where the system tells. */
public final class PeakMemory {
  private static final Path STATUS = Path.of("/proc/self/status");
  private static final String KEY = "VmHWM:";

  private PeakMemory() {}

  /** Bytes, mapped files included; empty on systems other than Linux. */
  public static OptionalLong residentBytes() {
    try {
      return Files.isReadable(STATUS)
          ? residentBytes(Files.readAllLines(STATUS, StandardCharsets.ISO_8859_1))
          : OptionalLong.empty();
    } catch (IOException e) {
      // A number for the report is no reason to lose a finished run.
      return OptionalLong.empty();
    }
  }

  /** From lines such as "VmHWM: 12345 kB". */
  public static OptionalLong residentBytes(List<String> lines) {
    return lines.stream()
        .filter(line -> line.startsWith(KEY) && line.endsWith(" kB"))
        .map(line -> line.substring(KEY.length(), line.length() - 3).strip())
        .filter(number -> number.matches("\\d{1,15}"))
        .mapToLong(number -> Long.parseLong(number) * 1024)
        .findFirst();
  }
}
