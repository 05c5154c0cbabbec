// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.checkpoint.gguf;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import dev.awp.AwpException;
import dev.awp.config.Architecture;
import dev.awp.config.TensorNames;
import dev.awp.gguf.block.BlockType;
import dev.awp.gguf.file.GgufFile;
import dev.awp.gguf.file.GgufKeys;
import dev.awp.gguf.file.GgufPlace;
import dev.awp.gguf.file.GgufTensor;
import dev.awp.gguf.model.GgufArchitecture;
import dev.awp.gguf.model.GgufConfig;
import dev.awp.gguf.model.GgufNames;
import dev.awp.gguf.tensor.GgufStoredTensor;
import dev.awp.gguf.tensor.GgufTensorPlan;
import dev.awp.gguf.tensor.MultipliedTensor;
import dev.awp.gguf.tensor.RowOrder;
import dev.awp.gguf.tensor.WeightScales;
import dev.awp.stored.StoredTensor;
import dev.awp.stored.TensorView;
import dev.awp.tensor.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The tensors of a GGUF file under the names that a checkpoint has for them. */
final class ModelTensors {
  /** What the configuration holds in other words. */
  private static final String ROPE = "rope_f";

  /** What activations may be rounded by, which awp leaves as they are. */
  private static final String INPUT_SCALE = ".input_scale";

  private static final String BIAS = ".bias";

  private static final ValueLayout.OfFloat FLOAT = JAVA_FLOAT_UNALIGNED.withOrder(LITTLE_ENDIAN);

  private final GgufKeys keys;
  private final Architecture architecture;
  private final GgufArchitecture graph;
  private final GgufNames names;
  private final Arena arena;
  private final Map<String, Stored> stored = new LinkedHashMap<>();
  private final Map<String, StoredTensor> tensors = new LinkedHashMap<>();
  private final List<String> unused = new ArrayList<>();

  /** A tensor and the file that it lies in. */
  private record Stored(GgufFile file, GgufTensor tensor) {}

  private ModelTensors(GgufKeys keys, Architecture architecture, TensorNames names, Arena arena) {
    this.keys = keys;
    this.architecture = architecture;
    this.graph = GgufArchitecture.of(architecture);
    this.names = new GgufNames(names, architecture.norms(), graph.feedForwardNorm(), 0);
    this.arena = arena;
  }

  /**
   * Maps all tensors.
   *
   * @param arena owns the maps
   */
  static ModelTensors of(
      List<GgufFile> parts,
      GgufKeys keys,
      Architecture architecture,
      TensorNames names,
      Arena arena) {
    ModelTensors all = new ModelTensors(keys, architecture, names, arena);
    for (GgufFile part : parts) {
      for (GgufTensor tensor : part.tensors()) {
        if (all.stored.put(tensor.name(), new Stored(part, tensor)) != null) {
          throw new AwpException(
              "%s: tensor %s is in two files of the model".formatted(part.file(), tensor.name()));
        }
      }
    }
    all.stored.values().forEach(all::add);
    return all;
  }

  /** By the checkpoint's names, in the order of the file. */
  Map<String, StoredTensor> tensors() {
    return tensors;
  }

  List<String> warnings() {
    return unused.isEmpty()
        ? List.of()
        : List.of("tensors that awp knows no use of are left out: " + String.join(", ", unused));
  }

  /** What the configuration is read from besides metadata. */
  GgufConfig.GgufTensors asked() {
    return new GgufConfig.GgufTensors(
        name -> Optional.ofNullable(stored.get(name)).map(found -> found.tensor.shape()),
        this::vector);
  }

  private float[] vector(String name) {
    Stored found = stored.get(name);
    if (found == null || found.tensor.typeId() != BlockType.F32.id()) {
      throw fail(name, found == null ? "is missing" : "is not stored as F32");
    }
    return found.file.view(found.tensor, arena).data().toArray(FLOAT);
  }

  private void add(Stored found) {
    String name = found.tensor.name();
    if (WeightScales.weightOf(name).filter(stored::containsKey).isPresent()) {
      return;
    }
    Optional<String> source =
        name.endsWith(INPUT_SCALE) ? Optional.empty() : names.source(name, architecture);
    if (source.isPresent()) {
      if (source.get().contains(GgufNames.FIRST_EXPERT)) {
        addExperts(found, source.get());
      } else {
        put(found.file, found.tensor, source.get(), scales(name, 0));
      }
    } else if (!name.startsWith(ROPE)) {
      unused.add(name);
    }
  }

  private void addExperts(Stored found, String first) {
    List<Long> shape = found.tensor.shape();
    int count = keys.whole(graph.llamaName() + ".expert_count").orElse(0);
    int rank = found.tensor.name().endsWith(BIAS) ? 2 : 3;
    if (shape.size() != rank || shape.getFirst() != count) {
      throw fail(found.tensor.name(), "has the shape %s for %s experts".formatted(shape, count));
    }
    Optional<List<Float>> scales = scales(found.tensor.name(), count);
    for (int expert = 0; expert < count; expert++) {
      GgufPlace place = new GgufPlace(found.tensor.name(), expert, count);
      int index = expert;
      put(
          found.file,
          place.of(found.tensor),
          GgufNames.ofExpert(first, expert),
          scales.map(all -> List.of(all.get(index))));
    }
  }

  /** The scales of a weight, where there are some. */
  private Optional<List<Float>> scales(String weight, int slices) {
    return WeightScales.nameOf(weight)
        .map(stored::get)
        .map(scale -> WeightScales.read(scale.file, scale.tensor, slices, arena));
  }

  private void put(GgufFile file, GgufTensor tensor, String source, Optional<List<Float>> scales) {
    List<Long> shape = tensor.shape();
    BlockType type = tensor.type().filter(BlockType::isWritable).orElse(null);
    if (type == null || shape.size() > 2) {
      throw fail(
          tensor.name(),
          type == null
              ? "is of type %s, which awp does not decode"
                  .formatted(tensor.type().map(Enum::name).orElse("" + tensor.typeId()))
              : "has the shape %s where a vector or matrix is expected".formatted(shape));
    }
    if (shape.stream().anyMatch(size -> size > Integer.MAX_VALUE)) {
      throw fail(tensor.name(), "has the shape %s, a size is above 2^31 - 1".formatted(shape));
    }
    TensorView bytes = file.view(tensor, arena);
    boolean vector = shape.size() == 1;
    int columns = Math.toIntExact(shape.getLast());
    int rows = vector ? 1 : Math.toIntExact(shape.getFirst());
    GgufTensorPlan plan =
        new GgufTensorPlan(
            source,
            GgufPlace.whole(tensor.name()),
            type,
            vector,
            rows,
            columns,
            rows,
            columns,
            order(tensor.name(), vector ? columns : rows),
            graph.offset(tensor.name()));
    boolean plain = plan.order().equals(RowOrder.NATURAL) && plan.offset() == 0 && scales.isEmpty();
    Optional<DType> dtype = type.dtype().filter(_ -> plain);
    GgufStoredTensor encoded = new GgufStoredTensor(plan, bytes);
    tensors.put(
        source,
        dtype.isPresent()
            ? new TensorView(
                source, dtype.get(), shape, bytes.file(), bytes.fileOffset(), bytes.data())
            : scales.<StoredTensor>map(all -> new MultipliedTensor(encoded, all)).orElse(encoded));
  }

  private RowOrder order(String name, int rows) {
    if (!graph.interleaves(name)) {
      return RowOrder.NATURAL;
    }
    int dimension = GgufConfig.headDimension(keys);
    if (dimension < 2 || dimension % 2 != 0 || rows % dimension != 0) {
      throw fail(name, "has %s rows, which are no heads of %s".formatted(rows, dimension));
    }
    return RowOrder.interleaved(dimension);
  }

  private AwpException fail(String tensor, String rule) {
    return new AwpException("%s: tensor %s %s".formatted(keys.file(), tensor, rule));
  }
}
