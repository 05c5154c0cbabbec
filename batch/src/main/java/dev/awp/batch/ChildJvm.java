// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.batch;

import java.io.IOException;
import java.io.Serializable;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How a JVM is started that runs awp: as the one that the batch was started in, so that a run in it
 * is the run of a single machine. The Java is that of the machine it starts on.
 *
 * @param flags options of the JVM
 * @param classPath of awp's own classes and libraries
 * @param environment variables that are set besides those that are inherited
 */
record ChildJvm(List<String> flags, String classPath, Map<String, String> environment)
    implements Serializable {
  private static final List<String> INHERITED = List.of("GLIBC_TUNABLES", "LC_ALL");

  /** Agents listen on one port, and what Spark is told is no matter of a run. */
  private static final List<String> OWN =
      List.of("-agentlib", "-agentpath", "-javaagent", "-Dspark.");

  ChildJvm {
    flags = List.copyOf(flags);
    environment = Map.copyOf(environment);
  }

  /** As this JVM was started. */
  static ChildJvm likeThis() {
    List<String> flags =
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
            .filter(flag -> OWN.stream().noneMatch(flag::startsWith))
            .toList();
    Map<String, String> environment = new LinkedHashMap<>();
    for (String name : INHERITED) {
      if (System.getenv(name) != null) {
        environment.put(name, System.getenv(name));
      }
    }
    return new ChildJvm(flags, System.getProperty("java.class.path"), environment);
  }

  /** With one more variable. */
  ChildJvm with(String variable, String value) {
    Map<String, String> more = new LinkedHashMap<>(environment);
    more.put(variable, value);
    return new ChildJvm(flags, classPath, more);
  }

  /** Starts a class with words; its input is a pipe from this process. */
  Process start(Class<?> main, List<String> words, ProcessBuilder.Redirect out) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(flags);
    command.addAll(List.of("-cp", classPath, main.getName()));
    command.addAll(words);
    ProcessBuilder builder = new ProcessBuilder(command).redirectOutput(out);
    builder.environment().putAll(environment);
    return builder.start();
  }
}
