// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format.gguf;

import dev.awp.AwpException;
import dev.awp.config.TensorNames;
import dev.awp.gguf.GgufValue;
import dev.awp.gguf.block.BlockType;
import dev.awp.gguf.file.GgufFile;
import dev.awp.gguf.file.GgufPlace;
import dev.awp.gguf.file.GgufTensor;
import dev.awp.gguf.model.GgufNames;
import dev.awp.gguf.tensor.GgufValues;
import dev.awp.kernel.Kernels;
import dev.awp.stored.EncodedTensor;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/**
 * The linear layers of a GGUF file under the names that the checkpoint had for them, as the blocks
 * in the file decode. Rows are in the file's order, with those that only fill up between them.
 */
public final class GgufLayers {
  private static final String BLOCKS = "layers.";

  private final GgufFile file;
  private final GgufNames names;
  private final Arena arena;

  private GgufLayers(GgufFile file, GgufNames names, Arena arena) {
    this.file = file;
    this.names = names;
    this.arena = arena;
  }

  /**
   * Opens a file, or {@value GgufFormat#FILE} in a folder.
   *
   * @param layers names of modules, one of which lies in a block; one outside of the decoder is the
   *     output head
   * @param arena owns what is mapped
   */
  public static GgufLayers open(Path model, Collection<String> layers, Arena arena) {
    GgufFile file =
        GgufFile.read(Files.isRegularFile(model) ? model : model.resolve(GgufFormat.FILE));
    String decoder =
        layers.stream()
            .filter(name -> name.contains(BLOCKS))
            .findFirst()
            .map(name -> name.substring(0, name.indexOf(BLOCKS)))
            .orElse(TensorNames.under("").decoder());
    String head =
        layers.stream()
            .filter(name -> !name.startsWith(decoder))
            .findFirst()
            .orElse(TensorNames.under("").head());
    TensorNames names = new TensorNames(decoder, head);
    return new GgufLayers(file, GgufNames.ofLayers(names, experts(file)), arena);
  }

  private static int experts(GgufFile file) {
    return file.metadata().get("general.architecture") instanceof GgufValue.Text architecture
            && file.metadata().get(architecture.value() + ".expert_count")
                instanceof GgufValue.Whole count
        ? Math.clamp(count.value(), 0, Integer.MAX_VALUE)
        : 0;
  }

  /**
   * Decodes a layer, without the columns that only fill up blocks.
   *
   * @param columns of the layer
   * @param allocator owns the result, [at least the layer's rows, columns]
   */
  public Matrix matrix(String layer, int columns, Kernels kernels, Arena allocator) {
    List<EncodedTensor> parts =
        names.places(layer + ".weight").stream().map(place -> values(place, columns)).toList();
    int rows = parts.stream().mapToInt(part -> Math.toIntExact(part.shape().getFirst())).sum();
    int stored = Math.toIntExact(parts.getFirst().shape().getLast());
    Matrix matrix = Matrix.allocate(allocator, rows, stored);
    int from = 0;
    for (EncodedTensor part : parts) {
      int to = from + Math.toIntExact(part.shape().getFirst());
      part.checkPresent();
      part.decodeRows(0, matrix.rowRange(from, to), kernels);
      from = to;
    }
    return matrix.columnRange(0, columns);
  }

  private EncodedTensor values(GgufPlace place, int columns) {
    EncodedTensor values =
        GgufValues.of(file, place, tensor(place), arena)
            .orElseThrow(() -> fail(place, "is of a type or shape that awp does not write"));
    if (values.shape().getLast() < columns) {
      throw fail(place, "has %s columns, not %s".formatted(values.shape().getLast(), columns));
    }
    return values;
  }

  /**
   * Refuses a layer that is stored as another type than the report of its run says.
   *
   * @param blocks the type that the report names for the layer; empty where it is none of blocks
   * @param options of the run, as report.json has them
   * @param original the type's name in the checkpoint, which a layer has that no option names
   */
  public void checkType(String layer, String blocks, Map<String, Object> options, String original) {
    if (!GgufOptions.areTold(options)) {
      return;
    }
    GgufPlace place = names.place(layer + ".weight");
    String told = blocks.isEmpty() ? GgufOptions.typeTold(options).orElse(original) : blocks;
    String stored = tensor(place).type().map(BlockType::name).orElse("of an unknown type");
    if (!stored.equals(told)) {
      throw fail(place, "is %s, not %s as report.json says".formatted(stored, told));
    }
  }

  private GgufTensor tensor(GgufPlace place) {
    return file.tensor(place.tensor())
        .filter(whole -> place.slices() == 0 || whole.shape().getFirst() == place.slices())
        .filter(whole -> place.slice() <= Math.max(0, place.slices() - 1))
        .map(place::of)
        .orElseThrow(() -> fail(place, "is missing"));
  }

  private AwpException fail(GgufPlace place, String rule) {
    return new AwpException("%s: tensor %s %s".formatted(file.file(), place.key(), rule));
  }
}
