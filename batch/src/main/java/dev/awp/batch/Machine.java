// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.batch;

import dev.awp.blas.mixed.MixedPrecision;
import dev.awp.compress.memory.PhysicalMemory;
import dev.awp.compress.run.RunDescription;
import dev.awp.compute.Compute;
import java.io.IOException;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.apache.spark.SparkEnv;

/**
 * Where runs run, as a JVM there tells it.
 *
 * @param host by its name
 * @param executor Spark's name of the process there; may be empty
 * @param memory of the machine or its container, in bytes
 * @param computes all that decides last bits: Java, kernels, BLAS with its core
 */
record Machine(String host, String executor, long memory, Map<String, String> computes)
    implements Serializable {
  private static final String MEMORY = "memory";

  /** Found once in a process, for each way to start a JVM. */
  private static final Map<ChildJvm, Machine> FOUND = new ConcurrentHashMap<>();

  Machine {
    computes = new LinkedHashMap<>(computes);
  }

  /**
   * This one, asked by a JVM as runs have it.
   *
   * @throws IllegalStateException where that does not start
   */
  static Machine here(ChildJvm jvm) {
    return FOUND.computeIfAbsent(jvm, Machine::ask);
  }

  private static Machine ask(ChildJvm jvm) {
    try {
      Process process = jvm.start(Machine.class, List.of(), ProcessBuilder.Redirect.PIPE);
      String told = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (process.waitFor() != 0) {
        String error = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
        throw new IllegalStateException("a JVM with awp does not start here: " + error);
      }
      Map<String, String> computes = new LinkedHashMap<>();
      told.lines()
          .filter(line -> line.contains("\t"))
          .forEach(
              line ->
                  computes.put(
                      line.substring(0, line.indexOf('\t')),
                      line.substring(line.indexOf('\t') + 1)));
      long memory = Long.parseLong(computes.remove(MEMORY));
      return new Machine(hostName(), SparkEnv.get().executorId(), memory, computes);
    } catch (IOException e) {
      throw new IllegalStateException("a JVM with awp does not start here", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("stopped while a JVM was asked", e);
    }
  }

  /** Spark's name of this one. */
  static String hostName() {
    return SparkEnv.get().blockManager().blockManagerId().host();
  }

  /** Prints what this process computes with, a key and a value a line. */
  public static void main(String[] none) {
    try (Compute compute = Compute.create(1, MixedPrecision.Mode.AUTO)) {
      Map<String, String> told = new LinkedHashMap<>(RunDescription.environment(compute));
      List.of("os", "threads", "precision").forEach(told::remove);
      told.put(MEMORY, Long.toString(PhysicalMemory.bytes()));
      told.forEach((key, value) -> System.out.println(key + "\t" + value));
    }
  }

  /** How machines differ, each value with those that have it; nothing where they do not. */
  static List<String> differences(List<Machine> machines) {
    List<String> differences = new ArrayList<>();
    TreeSet<String> keys = new TreeSet<>();
    machines.forEach(machine -> keys.addAll(machine.computes().keySet()));
    for (String key : keys) {
      Map<String, List<Machine>> byValue =
          machines.stream()
              .collect(
                  Collectors.groupingBy(
                      machine -> machine.computes().getOrDefault(key, "none"),
                      LinkedHashMap::new,
                      Collectors.toList()));
      if (byValue.size() > 1) {
        differences.add(
            byValue.entrySet().stream()
                .map(value -> key + " " + value.getKey() + " on " + names(value.getValue()))
                .collect(Collectors.joining(", ")));
      }
    }
    return differences;
  }

  private String name() {
    return executor.isEmpty() ? host : "%s (executor %s)".formatted(host, executor);
  }

  private static String names(List<Machine> machines) {
    return machines.stream()
        .map(Machine::name)
        .distinct()
        .sorted()
        .collect(Collectors.joining(" and "));
  }
}
