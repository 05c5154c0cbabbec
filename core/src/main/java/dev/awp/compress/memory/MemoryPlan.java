// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.memory;

import dev.awp.AwpException;
import dev.awp.model.InputSite;
import dev.awp.model.LinearLayer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How a run stays within its memory: the input sites of a block are calibrated in few passes, or,
 * where their sums would not fit, in more. Results are the same.
 *
 * @param passes the sites of each pass, in the order of the data's flow
 * @param bytes the most memory that has to be in use, mapped files aside
 * @param spare what may be used beside, to save time
 */
public record MemoryPlan(List<Set<InputSite>> passes, long bytes, long spare) {
  private static final Logger LOG = LoggerFactory.getLogger(MemoryPlan.class);

  /** The JVM with its heap and code, and the buffers of native libraries. */
  private static final long RUNTIME = 256_000_000;

  /**
   * The fastest plan within a limit.
   *
   * @param evaluation what the evaluations before and after need
   * @param limit in bytes; where there is none, the machine's memory is the aim
   * @param machine bytes of memory that the machine has
   * @throws AwpException where even the smallest plan is above the limit
   */
  public static MemoryPlan of(
      MemoryNeeds needs, long evaluation, OptionalLong limit, long machine) {
    long aim = limit.orElse(machine);
    // Without a limit, half of the machine's memory is left to others and to its file cache.
    long comfortable = limit.orElse(machine / 2);
    List<List<Set<InputSite>>> choices =
        CalibrationPasses.choices(needs.layout().sites(), needs.together());
    MemoryPlan fast = plan(needs, evaluation, choices.getFirst(), comfortable);
    MemoryPlan chosen = fast;
    for (int i = 1; i < choices.size() && chosen.bytes > aim; i++) {
      chosen = plan(needs, evaluation, choices.get(i), comfortable);
    }
    if (chosen.bytes > aim) {
      if (limit.isPresent()) {
        throw tooSmall(limit.getAsLong(), chosen.bytes);
      }
      LOG.warn(
          "this model needs {} of memory, the machine has {}: expect swapping",
          megabytes(chosen.bytes),
          megabytes(machine));
    } else if (!chosen.equals(fast)) {
      LOG.info(
          "each block is calibrated in {} passes: {} would need {} of memory",
          chosen.passes.size(),
          fast.passes.size(),
          megabytes(fast.bytes));
    }
    return chosen;
  }

  /**
   * Layers of a step that are compressed, by pass and site, in the order in which they are. A pass
   * over nothing is left out.
   */
  public List<Map<InputSite, List<LinearLayer>>> passes(List<LinearLayer> layers) {
    List<Map<InputSite, List<LinearLayer>>> bySite = new ArrayList<>();
    for (Set<InputSite> sites : passes) {
      Map<InputSite, List<LinearLayer>> pass =
          layers.stream()
              .filter(layer -> sites.contains(layer.site()))
              .collect(Collectors.groupingBy(LinearLayer::site, TreeMap::new, Collectors.toList()));
      if (!pass.isEmpty()) {
        bySite.add(pass);
      }
    }
    if (bySite.isEmpty() && !layers.isEmpty()) {
      // The head's site is in no block, and has a pass of its own.
      return List.of(Map.of(layers.getFirst().site(), layers));
    }
    return bySite;
  }

  private static MemoryPlan plan(
      MemoryNeeds needs, long evaluation, List<Set<InputSite>> passes, long aim) {
    long bytes = RUNTIME + Math.max(evaluation, needs.block(passes));
    return new MemoryPlan(passes, bytes, Math.max(0, aim - bytes));
  }

  /**
   * Refuses a limit that what is not divided into passes would exceed.
   *
   * @param offHeapBytes all but the JVM's own, the most at a time
   */
  public static void checkLimit(long offHeapBytes, OptionalLong limit) {
    long bytes = RUNTIME + offHeapBytes;
    if (limit.isPresent() && bytes > limit.getAsLong()) {
      throw tooSmall(limit.getAsLong(), bytes);
    }
  }

  /** The same with what is done before, and needs memory of its own. */
  public MemoryPlan atLeast(long before) {
    return new MemoryPlan(passes, Math.max(bytes, before), spare);
  }

  private static AwpException tooSmall(long limit, long bytes) {
    return new AwpException(
        "--memory-limit %s: the smallest limit that will do for this model is %s"
            .formatted(megabytes(limit), megabytes(bytes)));
  }

  /** Rounded up, as an option takes it. */
  private static String megabytes(long bytes) {
    return String.format(Locale.ROOT, "%sMB", Math.ceilDiv(bytes, 1_000_000));
  }

  /** Off-heap memory of the plan, in bytes: all but the JVM's own. */
  long offHeapBytes() {
    return bytes - RUNTIME;
  }
}
