// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.run;

import dev.awp.checkpoint.Checkpoint;
import dev.awp.compress.CompressionOptions;
import dev.awp.compute.Compute;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.stream.Stream;

/**
 * All that decides the bytes of an output, so that a run can only be gone on with by its like.
 *
 * @param inputs SHA-256 of every file that is read: weights, configuration, tokenizer, texts
 * @param options as report.json tells them
 * @param machine what computes: program, Java, kernels, BLAS, and the threads where they matter
 */
public record RunIdentity(
    Map<String, String> inputs, Map<String, String> options, Map<String, String> machine) {
  /** Numbers of threads that give the same bytes (see Workers). */
  private static final Set<Integer> ALIKE = Set.of(1, 2, 4);

  public RunIdentity {
    Stream.of(inputs, options, machine)
        .forEach(map -> map.forEach((key, value) -> Objects.requireNonNull(value, key)));
  }

  /**
   * The identity of a run.
   *
   * @param described the options, as report.json tells them
   * @param weights SHA-256 of every file that holds weights
   * @param version of the program
   */
  public static RunIdentity of(
      Checkpoint checkpoint,
      CompressionOptions options,
      Map<String, Object> described,
      Map<Path, String> weights,
      String version,
      Compute compute) {
    Map<String, String> words = new LinkedHashMap<>();
    described.forEach((key, value) -> words.put(key, value.toString()));
    return new RunIdentity(
        inputs(checkpoint, options, weights, compute), words, machine(version, compute));
  }

  private static Map<String, String> machine(String version, Compute compute) {
    Map<String, String> machine = new LinkedHashMap<>();
    machine.put("awp", version);
    machine.putAll(RunDescription.environment(compute));
    machine.remove("os");
    machine.put("threads", threads(compute));
    return machine;
  }

  /** The numbers of threads that give the bytes of this one, in words. */
  static String threads(Compute compute) {
    int threads = compute.workers().threads();
    return ALIKE.contains(threads) ? "1, 2 or 4" : Integer.toString(threads);
  }

  private static Map<String, String> inputs(
      Checkpoint checkpoint,
      CompressionOptions options,
      Map<Path, String> weights,
      Compute compute) {
    Map<String, Path> companions = InputFiles.companions(checkpoint);
    Map<String, String> sums = new LinkedHashMap<>(FileSums.sha256(companions, compute.workers()));
    weights.forEach((file, sum) -> sums.put(InputFiles.name(file), sum));
    sums.putAll(FileSums.sha256(InputFiles.besidesModel(options), compute.workers()));
    return sums;
  }

  /** How this run differs from an earlier one, in words; empty where it does not. */
  List<String> differences(RunIdentity earlier) {
    List<String> differences = new ArrayList<>();
    compare(earlier.machine, machine, RunIdentity::values, differences);
    compare(earlier.options, options, RunIdentity::values, differences);
    compare(earlier.inputs, inputs, (_, _) -> "other content", differences);
    return differences;
  }

  private static String values(String before, String now) {
    return "'%s' then, '%s' now".formatted(before, now);
  }

  private static void compare(
      Map<String, String> earlier,
      Map<String, String> now,
      BiFunction<String, String, String> words,
      List<String> differences) {
    Set<String> keys = new LinkedHashSet<>(earlier.keySet());
    keys.addAll(now.keySet());
    for (String key : keys) {
      String before = earlier.getOrDefault(key, "");
      String after = now.getOrDefault(key, "");
      if (before.isEmpty() && !after.isEmpty()) {
        differences.add(key + ": not there then");
      } else if (after.isEmpty() && !before.isEmpty()) {
        differences.add(key + ": not there now");
      } else if (!before.equals(after)) {
        differences.add(key + ": " + words.apply(before, after));
      }
    }
  }
}
