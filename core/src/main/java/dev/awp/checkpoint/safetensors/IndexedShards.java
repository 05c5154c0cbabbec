// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.checkpoint.safetensors;

import dev.awp.AwpException;
import dev.awp.safetensors.SafetensorsFile;
import dev.awp.safetensors.ShardIndex;
import dev.awp.stored.TensorView;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The tensors of the shards that an index names. Of a tensor that is in two shards the index says
 * which counts, and both must hold the same bytes; one that the index does not know is read too.
 */
final class IndexedShards {
  private final Path folder;
  private final ShardIndex index;
  private final Map<String, TensorView> tensors = new LinkedHashMap<>();
  private final List<TensorView> elsewhere = new ArrayList<>();
  private final List<TensorView> unknown = new ArrayList<>();

  IndexedShards(Path folder, ShardIndex index, Arena arena) {
    this.folder = folder;
    this.index = index;
    for (String shard : index.shards()) {
      for (TensorView view : SafetensorsFile.map(folder.resolve(shard), arena)) {
        sort(shard, view);
      }
    }
  }

  private void sort(String shard, TensorView view) {
    String assigned = index.weightMap().getOrDefault(view.name(), "");
    if (assigned.equals(shard)) {
      tensors.put(view.name(), view);
    } else if (!assigned.isEmpty()) {
      elsewhere.add(view);
    } else if (tensors.putIfAbsent(view.name(), view) == null) {
      unknown.add(view);
    } else {
      elsewhere.add(view);
    }
  }

  /**
   * The tensors by name.
   *
   * @param warnings receives what the index does not know
   */
  Map<String, TensorView> tensors(List<String> warnings) {
    for (Map.Entry<String, String> entry : index.weightMap().entrySet()) {
      if (!tensors.containsKey(entry.getKey())) {
        throw new AwpException(
            "%s: tensor %s is missing, %s assigns it to this shard%s"
                .formatted(
                    folder.resolve(entry.getValue()),
                    entry.getKey(),
                    ShardIndex.NAME,
                    whereItIs(entry.getKey())));
      }
    }
    for (TensorView view : elsewhere) {
      TensorView counted = tensors.get(view.name());
      if (!SameTensor.bytes(counted, view)) {
        throw SameTensor.twice(counted, view);
      }
    }
    if (!unknown.isEmpty()) {
      warnings.add(
          "%s does not know %s tensors that its shards hold; they are read too: %s"
              .formatted(ShardIndex.NAME, unknown.size(), firstUnknown()));
    }
    return tensors;
  }

  private String whereItIs(String name) {
    return elsewhere.stream()
        .filter(view -> view.name().equals(name))
        .map(view -> "; it is in " + view.file().getFileName())
        .findFirst()
        .orElse("");
  }

  private String firstUnknown() {
    TensorView first = unknown.getFirst();
    return "%s in %s%s"
        .formatted(
            first.name(), first.file().getFileName(), unknown.size() > 1 ? " and others" : "");
  }
}
