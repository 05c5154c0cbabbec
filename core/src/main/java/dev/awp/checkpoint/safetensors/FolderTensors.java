// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.checkpoint.safetensors;

import dev.awp.AwpException;
import dev.awp.checkpoint.FolderContent;
import dev.awp.safetensors.SafetensorsFile;
import dev.awp.safetensors.ShardIndex;
import dev.awp.stored.TensorView;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Which files of a folder hold its tensors: model.safetensors, the shards that the index names, or
 * a complete set of shards without an index. Two places that say different things are refused;
 * nothing is chosen in silence.
 */
final class FolderTensors {
  private final Path folder;
  private final FolderContent content;
  private final Arena arena;
  private final List<String> warnings = new ArrayList<>();

  private FolderTensors(Path folder, Arena arena) {
    this.folder = folder;
    this.content = FolderContent.of(folder);
    this.arena = arena;
  }

  /**
   * The tensors by name.
   *
   * @param warnings what was assumed, a sentence each, without the folder's path
   */
  record Found(Map<String, TensorView> tensors, List<String> warnings) {}

  /** Maps a folder's tensors into the arena; AwpException where it is not clear which they are. */
  static Found find(Path folder, Arena arena) {
    FolderTensors search = new FolderTensors(folder, arena);
    Map<String, TensorView> tensors = search.find();
    return new Found(tensors, List.copyOf(search.warnings));
  }

  private Map<String, TensorView> find() {
    Path single = folder.resolve(SafetensorsFile.SINGLE);
    Path index = folder.resolve(ShardIndex.NAME);
    ShardSearch shards = new ShardSearch(folder, content);
    if (content.files().contains(index)) {
      return indexed(ShardIndex.read(index), content.files().contains(single));
    }
    if (content.files().contains(single)) {
      return single(single, shards);
    }
    List<Path> complete =
        shards
            .complete()
            .orElseThrow(() -> new AwpException(new MissingWeights(folder, content).sentence()));
    warnings.add(
        "there is no %s: the %s shards %s and so on are taken for the whole model"
            .formatted(ShardIndex.NAME, complete.size(), complete.getFirst().getFileName()));
    return together(complete);
  }

  private Map<String, TensorView> single(Path single, ShardSearch shards) {
    Map<String, TensorView> tensors = together(List.of(single));
    List<Path> others = shards.usual();
    Optional<List<Path>> complete = others.isEmpty() ? Optional.empty() : shards.completeOrNone();
    if (complete.isPresent()) {
      refuseOther(tensors, together(complete.get()), others.getFirst().getFileName().toString());
    } else {
      others.forEach(shard -> notRead(shard, SafetensorsFile.SINGLE + " is the model"));
    }
    return tensors;
  }

  private void notRead(Path file, String why) {
    warnings.add("%s is not read: %s".formatted(file.getFileName(), why));
  }

  private Map<String, TensorView> indexed(ShardIndex index, boolean besideSingle) {
    boolean other = besideSingle && !index.shards().equals(Set.of(SafetensorsFile.SINGLE));
    for (String shard : index.shards()) {
      if (other && !Files.exists(folder.resolve(shard))) {
        throw new AwpException(
            "%s: %s and %s are both there, and the index names %s, which is missing; remove the one of them that is out of date"
                .formatted(folder, SafetensorsFile.SINGLE, ShardIndex.NAME, shard));
      }
    }
    Map<String, TensorView> tensors = new IndexedShards(folder, index, arena).tensors(warnings);
    if (other) {
      Map<String, TensorView> single = together(List.of(folder.resolve(SafetensorsFile.SINGLE)));
      refuseOther(single, tensors, ShardIndex.NAME);
    }
    for (Path shard : new ShardSearch(folder, content).usual()) {
      if (!index.shards().contains(shard.getFileName().toString())) {
        notRead(shard, ShardIndex.NAME + " does not name it");
      }
    }
    return tensors;
  }

  /** All tensors of several files; one in two of them must be the same in both. */
  private Map<String, TensorView> together(List<Path> files) {
    Map<String, TensorView> tensors = new LinkedHashMap<>();
    for (Path file : files) {
      for (TensorView view : SafetensorsFile.map(file, arena)) {
        TensorView first = tensors.putIfAbsent(view.name(), view);
        if (first != null && !SameTensor.bytes(first, view)) {
          throw SameTensor.twice(first, view);
        }
      }
    }
    return tensors;
  }

  /** Refuses what model.safetensors and the shards beside it do not both say. */
  private void refuseOther(
      Map<String, TensorView> single, Map<String, TensorView> shards, String name) {
    String difference = "";
    if (!single.keySet().equals(shards.keySet())) {
      difference = "their tensors have other names";
    } else {
      difference =
          single.values().stream()
              .filter(view -> !SameTensor.bytes(view, shards.get(view.name())))
              .map(view -> "tensor " + view.name() + " is not the same in both")
              .findFirst()
              .orElse("");
    }
    if (!difference.isEmpty()) {
      throw new AwpException(
          "%s: %s and %s are both there and hold different models (%s); remove the one of them that is out of date"
              .formatted(folder, SafetensorsFile.SINGLE, name, difference));
    }
  }
}
