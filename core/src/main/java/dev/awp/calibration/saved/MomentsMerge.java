// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.calibration.saved;

import dev.awp.AwpException;
import dev.awp.Progress;
import dev.awp.calibration.SecondMoment;
import dev.awp.calibration.saved.MomentsManifest.Kind;
import dev.awp.calibration.saved.MomentsWriter.BlockFile;
import dev.awp.compute.Compute;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** Moments of disjoint windows become those of all of them. */
public final class MomentsMerge {
  private final List<SavedMoments> parts;
  private final Compute compute;
  private long rounded;

  private MomentsMerge(List<SavedMoments> parts, Compute compute) {
    this.parts = parts;
    this.compute = compute;
  }

  /**
   * Adds the moments in folders, in the order of their windows, whatever the order of the folders
   * is. Where no addition was rounded, the sums are those of one run over all windows, if the parts
   * went through the model as that run's windows would have.
   *
   * @param into must not exist, or be empty
   * @return how many additions in float64 were rounded, of all
   * @throws AwpException where they are not of one model, length and precision, or share windows
   */
  public static long merge(List<Path> folders, Path into, Compute compute, Progress progress) {
    try (Arena arena = Arena.ofShared()) {
      List<SavedMoments> parts = new ArrayList<>();
      folders.forEach(folder -> parts.add(SavedMoments.open(folder, compute, arena)));
      parts.sort(Comparator.comparing(part -> part.identity().windows().getFirst()));
      return new MomentsMerge(parts, compute).merge(into, progress);
    }
  }

  private long merge(Path into, Progress progress) {
    SavedMoments first = parts.getFirst();
    MomentsManifest manifest = first.manifest();
    SortedMap<String, Integer> columns = first.columns();
    checkWhole(first);
    for (SavedMoments part : parts.subList(1, parts.size())) {
      checkWhole(part);
      manifest =
          MomentsManifest.begin(
              Kind.TRIANGLES,
              manifest.identity().plus(part.identity(), part.folder()),
              MomentsManifest.joined(manifest.origins(), part.manifest().origins()));
      if (!part.columns().equals(columns)) {
        throw new AwpException(
            "%s: cannot be added: the sites are others than in %s"
                .formatted(part.folder(), first.folder()));
      }
    }
    columns.keySet().forEach(site -> parts.forEach(part -> checkTokens(part, first, site)));
    SortedMap<Integer, SortedMap<String, Integer>> byBlock = new TreeMap<>();
    columns.forEach(
        (site, n) ->
            byBlock.computeIfAbsent(MomentsFile.block(site), _ -> new TreeMap<>()).put(site, n));
    MomentsManifest begun =
        MomentsManifest.begin(Kind.TRIANGLES, manifest.identity(), manifest.origins());
    try (MomentsWriter writer =
        MomentsWriter.open(into, begun, byBlock, MomentsWriter.Start.RESTART)) {
      for (Map.Entry<Integer, SortedMap<String, Integer>> block : byBlock.entrySet()) {
        progress.step("adding block %s of %s".formatted(block.getKey() + 1, byBlock.size()));
        try (BlockFile file = writer.begin(block.getKey())) {
          block.getValue().forEach((site, n) -> add(site, n, file));
          file.finish(() -> {});
        }
      }
      writer.commit();
    }
    return rounded;
  }

  private void add(String site, int columns, BlockFile file) {
    try (SecondMoment sum = new SecondMoment(columns, compute)) {
      parts.forEach(part -> rounded += part.addTo(sum, site));
      file.write(site, sum, parts.getFirst().seesEveryToken(site));
    }
  }

  private static void checkWhole(SavedMoments part) {
    if (part.manifest().kind() != Kind.TRIANGLES) {
      throw new AwpException(
          part.folder()
              + ": cannot be added: it holds diagonals from an imatrix (llama-imatrix --in-file"
              + " adds those)");
    }
  }

  private static void checkTokens(SavedMoments part, SavedMoments first, String site) {
    if (part.seesEveryToken(site) != first.seesEveryToken(site)) {
      throw new AwpException(
          "%s: cannot be added: %s saw every token in one folder, only its expert's in %s"
              .formatted(
                  part.folder(), site, part.seesEveryToken(site) ? first.folder() : "this one"));
    }
  }
}
