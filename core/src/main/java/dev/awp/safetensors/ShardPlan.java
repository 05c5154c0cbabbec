// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.safetensors;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.awp.stored.TensorSpec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;

/**
 * Where every tensor of a checkpoint to be written goes, decided before the first byte: tensors may
 * then be written in any order, as blocks are finished.
 */
final class ShardPlan {
  /** Headers are padded with spaces so that the data begin at a multiple of this. */
  private static final int ALIGNMENT = 8;

  private static final JsonMapper JSON = new JsonMapper();

  private final List<Shard> shards;

  /**
   * One file.
   *
   * @param header length, JSON and padding
   * @param tensors in the order of their data
   */
  record Shard(String file, MemorySegment header, List<Place> tensors, long byteSize) {}

  /** One tensor in its file. */
  record Place(TensorSpec tensor, long fileOffset) {}

  private ShardPlan(List<Shard> shards) {
    this.shards = shards;
  }

  List<Shard> shards() {
    return shards;
  }

  /**
   * Distributes tensors, in the given order, over files of at most that many data bytes; a single
   * larger tensor gets a file of its own. One file is named model.safetensors.
   */
  static ShardPlan of(List<TensorSpec> tensors, long maxShardBytes) {
    List<List<TensorSpec>> files = new ArrayList<>();
    List<TensorSpec> current = new ArrayList<>();
    long size = 0;
    for (TensorSpec tensor : tensors) {
      if (!current.isEmpty() && size + tensor.byteSize() > maxShardBytes) {
        files.add(current);
        current = new ArrayList<>();
        size = 0;
      }
      current.add(tensor);
      size += tensor.byteSize();
    }
    files.add(current);
    List<Shard> shards = new ArrayList<>();
    for (int i = 0; i < files.size(); i++) {
      String name =
          files.size() == 1
              ? SafetensorsFile.SINGLE
              : String.format(Locale.ROOT, "model-%05d-of-%05d.safetensors", i + 1, files.size());
      shards.add(shard(name, files.get(i), Collections.emptySortedMap()));
    }
    return new ShardPlan(shards);
  }

  /**
   * One file: tensors by falling alignment, then by name, as the format's own writer orders them.
   *
   * @param metadata beside the format
   */
  static Shard shard(String file, List<TensorSpec> tensors, SortedMap<String, String> metadata) {
    List<TensorSpec> ordered = new ArrayList<>(tensors);
    ordered.sort(
        Comparator.comparingInt((TensorSpec t) -> -t.dtype().bits())
            .thenComparing(TensorSpec::name));
    Map<TensorSpec, Long> begins = new LinkedHashMap<>();
    ObjectNode root = JSON.createObjectNode();
    // transformers refuses a file whose metadata does not name a format.
    ObjectNode strings = root.putObject("__metadata__").put("format", "pt");
    metadata.forEach(strings::put);
    long position = 0;
    for (TensorSpec tensor : ordered) {
      ObjectNode entry = root.putObject(tensor.name()).put("dtype", tensor.dtype().name());
      tensor.shape().forEach(entry.putArray("shape")::add);
      entry.putArray("data_offsets").add(position).add(position + tensor.byteSize());
      begins.put(tensor, position);
      position += tensor.byteSize();
    }
    MemorySegment header = header(root);
    List<Place> places = new ArrayList<>();
    begins.forEach((tensor, begin) -> places.add(new Place(tensor, header.byteSize() + begin)));
    return new Shard(file, header, places, header.byteSize() + position);
  }

  /** Length, JSON and padding. */
  private static MemorySegment header(ObjectNode root) {
    byte[] json;
    try {
      json = JSON.writeValueAsBytes(root);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    int length = Math.ceilDiv(json.length, ALIGNMENT) * ALIGNMENT;
    ByteBuffer buffer = ByteBuffer.allocate(Long.BYTES + length).order(ByteOrder.LITTLE_ENDIAN);
    buffer.putLong(length).put(json);
    while (buffer.hasRemaining()) {
      buffer.put((byte) ' ');
    }
    return MemorySegment.ofArray(buffer.array()).asReadOnly();
  }
}
