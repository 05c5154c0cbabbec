// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress;

import dev.awp.model.InputSite;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * How the input sites of a block can be shared out among calibration passes. Every pass runs the
 * activations through the block once, so fewer are faster; sites of one pass need memory together.
 */
final class CalibrationPasses {
  private CalibrationPasses() {}

  /**
   * The choices, from one pass to one for each site. Between, the sites of experts go by in groups,
   * each half as large as in the choice before.
   *
   * @param sites in the order of the data's flow
   */
  static List<List<Set<InputSite>>> choices(SortedSet<InputSite> sites) {
    List<List<Set<InputSite>>> choices = new ArrayList<>();
    choices.add(List.of(sites));
    List<InputSite> experts = sites.stream().filter(InputSite::ofExpert).toList();
    int group = experts.size();
    do {
      choices.add(inGroups(sites, experts, Math.max(1, group)));
      group = Math.ceilDiv(group, 2);
    } while (choices.getLast().size() < sites.size());
    return choices;
  }

  private static List<Set<InputSite>> inGroups(
      SortedSet<InputSite> sites, List<InputSite> experts, int group) {
    List<Set<InputSite>> passes = new ArrayList<>();
    sites.stream().filter(site -> !site.ofExpert()).forEach(site -> passes.add(Set.of(site)));
    for (int from = 0; from < experts.size(); from += group) {
      passes.add(new TreeSet<>(experts.subList(from, Math.min(experts.size(), from + group))));
    }
    return passes;
  }
}
