// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.checkpoint.safetensors;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.joining;
import static java.util.stream.Collectors.toList;

import dev.awp.AwpException;
import dev.awp.checkpoint.FolderContent;
import dev.awp.safetensors.SafetensorsFile;
import dev.awp.safetensors.ShardIndex;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/** Finds the shards of a folder that has no index, by their names: model-00001-of-00003. */
final class ShardSearch {
  private static final Pattern SHARD =
      Pattern.compile("(.+)-(\\d{1,9})-of-(\\d{1,9})\\.safetensors");

  /** What transformers calls its shards: they come first where there are others beside them. */
  private static final String USUAL = "model";

  private final Path folder;
  private final FolderContent content;

  ShardSearch(Path folder, FolderContent content) {
    this.folder = folder;
    this.content = content;
  }

  /** A set of shards, by what its names have in common. */
  private record Family(String stem, int count) implements Comparable<Family> {
    @Override
    public int compareTo(Family other) {
      int byStem = stem.compareTo(other.stem);
      return byStem != 0 ? byStem : Integer.compare(count, other.count);
    }
  }

  private record Shard(Family family, int number, Path file) {}

  private List<Shard> shards() {
    List<Shard> shards = new ArrayList<>();
    for (Path file : content.files()) {
      Matcher name = SHARD.matcher(file.getFileName().toString());
      if (name.matches()) {
        Family family = new Family(name.group(1), Integer.parseInt(name.group(3)));
        shards.add(new Shard(family, Integer.parseInt(name.group(2)), file));
      }
    }
    return shards;
  }

  /** Files that are called as transformers calls its shards. */
  List<Path> usual() {
    return shards().stream()
        .filter(shard -> shard.family().stem().equals(USUAL))
        .map(Shard::file)
        .toList();
  }

  /** As {@link #complete}, and empty too where shards are missing. */
  Optional<List<Path>> completeOrNone() {
    return families().entrySet().stream()
        .filter(family -> missing(family.getKey(), family.getValue()).isEmpty())
        .map(family -> family.getValue().stream().map(Shard::file).toList())
        .findFirst();
  }

  private Map<Family, List<Shard>> families() {
    Map<Family, List<Shard>> families =
        shards().stream().collect(groupingBy(Shard::family, TreeMap::new, toList()));
    if (families.keySet().stream().anyMatch(family -> family.stem().equals(USUAL))) {
      families.keySet().removeIf(family -> !family.stem().equals(USUAL));
    }
    return families;
  }

  /** The one set of shards that is complete; empty where no file is called a shard. */
  Optional<List<Path>> complete() {
    Map<Family, List<Shard>> families = families();
    if (families.isEmpty()) {
      return Optional.empty();
    }
    List<Family> complete =
        families.keySet().stream().filter(f -> missing(f, families.get(f)).isEmpty()).toList();
    if (complete.size() > 1) {
      throw new AwpException(
          "%s: there are several sets of shards (%s) and no %s that says which holds the model"
              .formatted(
                  folder,
                  complete.stream()
                      .map(f -> families.get(f).getFirst().file().getFileName().toString())
                      .collect(joining(", ")),
                  ShardIndex.NAME));
    }
    if (complete.isEmpty()) {
      throw incomplete(families);
    }
    return Optional.of(families.get(complete.getFirst()).stream().map(Shard::file).toList());
  }

  private AwpException incomplete(Map<Family, List<Shard>> families) {
    Map.Entry<Family, List<Shard>> first = families.entrySet().iterator().next();
    return new AwpException(
        "%s: the shards are not complete: %s is missing, and there is neither %s nor %s"
            .formatted(
                folder,
                String.join(", ", missing(first.getKey(), first.getValue())),
                SafetensorsFile.SINGLE,
                ShardIndex.NAME));
  }

  /** Names of shards that a set lacks, the first of them. */
  private static List<String> missing(Family family, List<Shard> shards) {
    List<Integer> there = shards.stream().map(Shard::number).toList();
    // As many digits as the shards have that are there.
    String name = shards.getFirst().file().getFileName().toString();
    int digits = SHARD.matcher(name).replaceFirst("$2").length();
    return IntStream.rangeClosed(1, family.count())
        .filter(number -> !there.contains(number))
        .limit(5)
        .mapToObj(
            number ->
                "%s-%s-of-%s.safetensors"
                    .formatted(
                        family.stem(), padded(number, digits), padded(family.count(), digits)))
        .toList();
  }

  private static String padded(int number, int digits) {
    String text = Integer.toString(number);
    return "0".repeat(Math.max(0, digits - text.length())) + text;
  }
}
