// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.memory;

import dev.awp.model.InputSite;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * How the input sites of a block can be shared out among calibration passes. Every pass runs the
 * activations through one of the block's steps, as far as its sites, so fewer are faster; sites of
 * one pass need memory together.
 */
final class CalibrationPasses {
  private CalibrationPasses() {}

  /**
   * The choices, from the fewest passes to one for each site. Between, sites that could go by
   * together, those of a mixture's experts, do so in groups, each half as large as in the choice
   * before.
   *
   * @param sites in the order of the data's flow
   * @param together whether the sites of a step may go by in one pass; else its last layers see
   *     what its first ones have become, and these come first
   */
  static List<List<Set<InputSite>>> choices(SortedSet<InputSite> sites, boolean together) {
    List<List<InputSite>> apart =
        alike(sites, site -> List.of(site.step(), site.next().isPresent()));
    List<List<Set<InputSite>>> choices = new ArrayList<>();
    if (together) {
      choices.add(inGroups(alike(sites, site -> site.step()), sites.size()));
    }
    int group = apart.stream().mapToInt(List::size).max().orElse(1);
    choices.add(inGroups(apart, group));
    while (group > 1) {
      group = Math.ceilDiv(group, 2);
      choices.add(inGroups(apart, group));
    }
    return choices;
  }

  /** Sites that have something in common, in the order of the first of each kind. */
  private static List<List<InputSite>> alike(
      SortedSet<InputSite> sites, Function<InputSite, Object> common) {
    return List.copyOf(
        sites.stream()
            .collect(Collectors.groupingBy(common, LinkedHashMap::new, Collectors.toList()))
            .values());
  }

  private static List<Set<InputSite>> inGroups(List<List<InputSite>> alike, int group) {
    List<Set<InputSite>> passes = new ArrayList<>();
    for (List<InputSite> sites : alike) {
      for (int from = 0; from < sites.size(); from += group) {
        passes.add(new TreeSet<>(sites.subList(from, Math.min(sites.size(), from + group))));
      }
    }
    return passes;
  }
}
