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

  /**
   * One tensor in its file.
   *
   * @param fileOffset of its first element
   */
  record Place(TensorSpec tensor, long fileOffset) {}

  /** Tensors that lie in one of the file, in the order in which they came. */
  private record Whole(TensorSpec tensor, List<TensorSpec> slices) {
    static List<Whole> of(List<TensorSpec> tensors) {
      Map<TensorSpec, List<TensorSpec>> slices = new LinkedHashMap<>();
      tensors.forEach(t -> slices.computeIfAbsent(t.whole(), _ -> new ArrayList<>()).add(t));
      return slices.entrySet().stream().map(e -> new Whole(e.getKey(), e.getValue())).toList();
    }
  }

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
    for (Whole whole : Whole.of(tensors)) {
      long bytes = whole.tensor().byteSize();
      if (!current.isEmpty() && size + bytes > maxShardBytes) {
        files.add(current);
        current = new ArrayList<>();
        size = 0;
      }
      current.addAll(whole.slices());
      size += bytes;
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
    List<Whole> ordered = new ArrayList<>(Whole.of(tensors));
    ordered.sort(
        Comparator.comparingInt((Whole w) -> -w.tensor().dtype().bits())
            .thenComparing(w -> w.tensor().name()));
    Map<Whole, Long> begins = new LinkedHashMap<>();
    ObjectNode root = JSON.createObjectNode();
    // transformers refuses a file whose metadata does not name a format.
    ObjectNode strings = root.putObject("__metadata__").put("format", "pt");
    metadata.forEach(strings::put);
    long position = 0;
    for (Whole whole : ordered) {
      TensorSpec tensor = whole.tensor();
      ObjectNode entry = root.putObject(tensor.name()).put("dtype", tensor.dtype().name());
      tensor.shape().forEach(entry.putArray("shape")::add);
      entry.putArray("data_offsets").add(position).add(position + tensor.byteSize());
      begins.put(whole, position);
      position += tensor.byteSize();
    }
    MemorySegment header = header(root);
    List<Place> places = new ArrayList<>();
    begins.forEach(
        (whole, begin) ->
            whole
                .slices()
                .forEach(
                    tensor ->
                        places.add(new Place(tensor, header.byteSize() + begin + offset(tensor)))));
    return new Shard(file, header, places, header.byteSize() + position);
  }

  /** Bytes before the first element of a tensor in the one that holds it. */
  private static long offset(TensorSpec tensor) {
    return tensor.slice().map(slice -> slice.first() * tensor.dtype().bits() / 8).orElse(0L);
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
