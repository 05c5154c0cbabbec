// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.calibration.saved;

import dev.awp.AwpException;
import dev.awp.calibration.SecondMoment;
import dev.awp.compute.Compute;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;

/** Moments of disjoint windows become those of all of them. */
public final class MomentsMerge {
  private MomentsMerge() {}

  /**
   * Adds the moments in folders. Sums are the same, to rounding, as if all windows had been seen by
   * one run.
   *
   * @param into must not exist, or be empty
   * @param awp version of the program
   * @throws AwpException where they are not of one model, length and precision, or share windows
   */
  public static void merge(List<Path> folders, Path into, String awp, Compute compute) {
    try (Arena arena = Arena.ofShared()) {
      List<SavedMoments> parts =
          folders.stream().map(folder -> SavedMoments.open(folder, compute, arena)).toList();
      SavedMoments first = parts.getFirst();
      MomentsIdentity identity = first.identity();
      SortedMap<String, Integer> columns = first.columns();
      for (SavedMoments part : parts.subList(1, parts.size())) {
        identity = identity.plus(part.identity(), part.file());
        if (!part.columns().equals(columns)) {
          throw new AwpException(
              "%s: cannot be added: the sites are others than in %s"
                  .formatted(part.file(), first.file()));
        }
      }
      try (MomentsWriter writer = MomentsWriter.create(into, columns, identity, awp)) {
        columns.forEach(
            (site, n) -> {
              try (SecondMoment sum = new SecondMoment(n, compute)) {
                parts.forEach(part -> add(part, first, site, sum));
                writer.write(site, sum, first.seesEveryToken(site));
              }
            });
        writer.commit();
      }
    }
  }

  private static void add(SavedMoments part, SavedMoments first, String site, SecondMoment sum) {
    if (part.seesEveryToken(site) != first.seesEveryToken(site)) {
      throw new AwpException(
          "%s: cannot be added: %s saw every token in one file, only its expert's in %s"
              .formatted(part.file(), site, part.seesEveryToken(site) ? first.file() : "this one"));
    }
    part.addTo(sum, site);
  }
}
