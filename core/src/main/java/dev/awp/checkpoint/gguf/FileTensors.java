// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.checkpoint.gguf;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import dev.awp.AwpException;
import dev.awp.gguf.block.BlockType;
import dev.awp.gguf.file.GgufFile;
import dev.awp.gguf.file.GgufKeys;
import dev.awp.gguf.file.GgufTensor;
import dev.awp.gguf.model.GgufConfig;
import dev.awp.gguf.tensor.WeightScales;
import dev.awp.stored.TensorView;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The tensors of a GGUF file, or of the files that one was split into. */
final class FileTensors {
  private static final ValueLayout.OfFloat FLOAT = JAVA_FLOAT_UNALIGNED.withOrder(LITTLE_ENDIAN);

  private final GgufKeys keys;
  private final Arena arena;
  private final Map<String, Stored> stored = new LinkedHashMap<>();

  /** A tensor and the file that it lies in. */
  record Stored(GgufFile file, GgufTensor tensor) {
    String name() {
      return tensor.name();
    }

    /** As it lies in its file. */
    TensorView view(Arena arena) {
      return file.view(tensor, arena);
    }
  }

  private FileTensors(GgufKeys keys, Arena arena) {
    this.keys = keys;
    this.arena = arena;
  }

  /**
   * Finds all tensors.
   *
   * @param arena owns what is mapped
   */
  static FileTensors of(List<GgufFile> parts, GgufKeys keys, Arena arena) {
    FileTensors all = new FileTensors(keys, arena);
    for (GgufFile part : parts) {
      for (GgufTensor tensor : part.tensors()) {
        if (all.stored.put(tensor.name(), new Stored(part, tensor)) != null) {
          throw new AwpException(
              "%s: tensor %s is in two files of the model".formatted(part.file(), tensor.name()));
        }
      }
    }
    return all;
  }

  /** All of them, in the order of the files. */
  Collection<Stored> all() {
    return stored.values();
  }

  /** One of them, by its name. */
  Optional<Stored> find(String name) {
    return Optional.ofNullable(stored.get(name));
  }

  /** What the configuration is read from besides metadata. */
  GgufConfig.GgufTensors asked() {
    return new GgufConfig.GgufTensors(
        name -> find(name).map(found -> found.tensor.shape()), this::vector);
  }

  private float[] vector(String name) {
    Stored found = stored.get(name);
    if (found == null || found.tensor.typeId() != BlockType.F32.id()) {
      throw fail(name, found == null ? "is missing" : "is not stored as F32");
    }
    return found.view(arena).data().toArray(FLOAT);
  }

  /** The scales of a weight, where there are some. */
  Optional<List<Float>> scales(String weight, int slices) {
    return WeightScales.nameOf(weight)
        .map(stored::get)
        .map(scale -> WeightScales.read(scale.file, scale.tensor, slices, arena));
  }

  /** The metadata beside them. */
  GgufKeys keys() {
    return keys;
  }

  /** What owns all that is mapped. */
  Arena arena() {
    return arena;
  }

  /** A sentence about a tensor. */
  AwpException fail(String tensor, String rule) {
    return new AwpException("%s: tensor %s %s".formatted(keys.file(), tensor, rule));
  }
}
