// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.bench;

import dev.awp.compute.KernelProvider;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.openjdk.jmh.util.Version;

/** What the figures hold for: machine, JVM and libraries. */
final class Environment {
  private static final Path CPU_INFO = Path.of("/proc/cpuinfo");

  private Environment() {}

  /** Names and values, in the order in which they are shown. */
  static Map<String, String> describe() throws IOException {
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("CPU", cpu());
    facts.put("Cores", Integer.toString(Runtime.getRuntime().availableProcessors()));
    facts.put("System", System.getProperty("os.name") + " " + System.getProperty("os.arch"));
    facts.put(
        "JDK", System.getProperty("java.vm.name") + " " + System.getProperty("java.vm.version"));
    facts.put("Kernels", KernelProvider.kernels().name());
    facts.put("BLAS", KernelProvider.blas().name());
    facts.put("JMH", Version.getPlainVersion());
    facts.put("Date", LocalDate.now(ZoneOffset.UTC).toString());
    return facts;
  }

  /** The model name where Linux tells it; elsewhere the architecture. */
  private static String cpu() throws IOException {
    if (!Files.isReadable(CPU_INFO)) {
      return System.getProperty("os.arch");
    }
    try (Stream<String> lines = Files.lines(CPU_INFO)) {
      return lines
          .filter(line -> line.startsWith("model name"))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst()
          .orElse(System.getProperty("os.arch"));
    }
  }
}
