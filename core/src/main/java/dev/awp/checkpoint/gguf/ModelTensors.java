// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.checkpoint.gguf;

import dev.awp.checkpoint.gguf.FileTensors.Stored;
import dev.awp.config.ModelConfig;
import dev.awp.gguf.block.BlockType;
import dev.awp.gguf.file.GgufPlace;
import dev.awp.gguf.file.GgufTensor;
import dev.awp.gguf.model.GgufForms;
import dev.awp.gguf.model.GgufNames;
import dev.awp.gguf.tensor.GgufStoredTensor;
import dev.awp.gguf.tensor.GgufTensorPlan;
import dev.awp.gguf.tensor.JoinedTensor;
import dev.awp.gguf.tensor.MultipliedTensor;
import dev.awp.gguf.tensor.RowOrder;
import dev.awp.gguf.tensor.TensorForm;
import dev.awp.gguf.tensor.WeightScales;
import dev.awp.stored.EncodedTensor;
import dev.awp.stored.StoredTensor;
import dev.awp.stored.TensorView;
import dev.awp.tensor.DType;
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

  private final FileTensors file;
  private final ModelConfig config;
  private final GgufForms forms;
  private final Map<String, StoredTensor> tensors = new LinkedHashMap<>();
  private final List<String> unused = new ArrayList<>();

  private ModelTensors(FileTensors file, ModelConfig config) {
    this.file = file;
    this.config = config;
    this.forms = new GgufForms(config);
  }

  /** Maps all tensors of a file. */
  static ModelTensors of(FileTensors file, ModelConfig config) {
    ModelTensors all = new ModelTensors(file, config);
    file.all().forEach(all::add);
    return all;
  }

  /** In the order of the file. */
  Map<String, StoredTensor> tensors() {
    return tensors;
  }

  List<String> warnings() {
    return unused.isEmpty()
        ? List.of()
        : List.of("tensors that awp knows no use of are left out: " + String.join(", ", unused));
  }

  private void add(Stored found) {
    String name = found.name();
    if (WeightScales.weightOf(name).flatMap(file::find).isPresent() && !isOfCheckpoint(name)) {
      return;
    }
    if (name.contains("." + GgufNames.GATES_AND_UPS + ".")) {
      addGatesAndUps(found);
      return;
    }
    Optional<String> source =
        name.endsWith(INPUT_SCALE)
            ? Optional.empty()
            : forms.names().source(name, config.architecture());
    if (source.isEmpty()) {
      if (!name.startsWith(ROPE)) {
        unused.add(name);
      }
    } else if (source.get().contains(GgufNames.FIRST_EXPERT)) {
      addExperts(found, source.get());
    } else if (isOneOfSeveral(name, source.get())) {
      addJoined(source.get());
    } else {
      long rows = found.tensor().shape().getFirst();
      put(found, found.tensor(), source.get(), forms.form(name), rows, scales(name, 0));
    }
  }

  private boolean isOneOfSeveral(String name, String source) {
    List<GgufPlace> places = forms.names().places(source);
    return places.size() > 1 && places.stream().anyMatch(place -> place.tensor().equals(name));
  }

  private void addJoined(String source) {
    if (tensors.containsKey(source)) {
      return;
    }
    List<Stored> found = new ArrayList<>();
    for (GgufPlace place : forms.names().places(source)) {
      Stored part =
          file.find(place.tensor()).orElseThrow(() -> file.fail(place.tensor(), "is missing"));
      if (part.tensor().shape().size() != 2) {
        throw file.fail(place.tensor(), "has the shape %s".formatted(part.tensor().shape()));
      }
      found.add(part);
    }
    long rows = found.stream().mapToLong(part -> part.tensor().shape().getFirst()).sum();
    List<JoinedTensor.Piece> pieces = new ArrayList<>();
    List<GgufForms.Part> parts = forms.parts(source, whole(source, rows));
    for (int i = 0; i < parts.size(); i++) {
      Stored part = found.get(i);
      GgufForms.Part wanted = parts.get(i);
      String name = part.tensor().name();
      if (part.tensor().shape().getFirst() != wanted.rows()) {
        throw file.fail(
            name,
            "has %s rows where config.json implies %s"
                .formatted(part.tensor().shape().getFirst(), wanted.rows()));
      }
      EncodedTensor tensor =
          multiplied(
              blocks(part, part.tensor(), source, wanted.form(), rows), file.scales(name, 0));
      pieces.add(new JoinedTensor.Piece(wanted.form().rows(), tensor));
    }
    tensors.put(source, new JoinedTensor(pieces));
  }

  /** Whether a tensor is one of the checkpoint, whatever weight it lies beside. */
  private boolean isOfCheckpoint(String name) {
    return forms.names().bare(name, config.architecture()).isPresent();
  }

  /** The scales of a weight, where those beside it are no tensor of the checkpoint. */
  private Optional<List<Float>> scales(String weight, int slices) {
    return WeightScales.nameOf(weight).filter(this::isOfCheckpoint).isPresent()
        ? Optional.empty()
        : file.scales(weight, slices);
  }

  private int checkedExperts(Stored found, int rank) {
    List<Long> shape = found.tensor().shape();
    int count = file.keys().whole(file.keys().architecture() + ".expert_count").orElse(0);
    if (shape.size() != rank || shape.getFirst() != count) {
      throw file.fail(found.name(), "has the shape %s for %s experts".formatted(shape, count));
    }
    return count;
  }

  /** Of each expert the rows of its gate, then as many of what it gates. */
  private void addGatesAndUps(Stored found) {
    String name = found.name();
    int count = checkedExperts(found, 3);
    long rows = found.tensor().shape().get(1);
    if (rows % 2 != 0 || file.scales(name, count).isPresent()) {
      throw file.fail(
          name,
          rows % 2 != 0
              ? "has %s rows, no two halves".formatted(rows)
              : "has scales, which awp reads beside gates and what they gate each alone");
    }
    GgufTensor whole = found.tensor();
    GgufTensor halves =
        new GgufTensor(
            name,
            List.of(2L * count, rows / 2, whole.shape().getLast()),
            whole.typeId(),
            whole.offset(),
            whole.byteSize());
    List<String> parts = List.of("ffn_gate_exps", "ffn_up_exps");
    for (int half = 0; half < parts.size(); half++) {
      String part = name.replace(GgufNames.GATES_AND_UPS, parts.get(half));
      Optional<String> first = forms.names().source(part, config.architecture());
      if (first.isEmpty()) {
        unused.add(name);
        return;
      }
      for (int expert = 0; expert < count; expert++) {
        put(
            found,
            new GgufPlace(name, 2 * expert + half, 2 * count).of(halves),
            GgufNames.ofExpert(first.get(), expert),
            forms.form(part),
            rows / 2,
            Optional.empty());
      }
    }
  }

  private void addExperts(Stored found, String first) {
    String name = found.tensor().name();
    int count = checkedExperts(found, name.endsWith(BIAS) ? 2 : 3);
    Optional<List<Float>> scales = scales(name, count);
    for (int expert = 0; expert < count; expert++) {
      GgufTensor slice = new GgufPlace(name, expert, count).of(found.tensor());
      int index = expert;
      put(
          found,
          slice,
          GgufNames.ofExpert(first, expert),
          forms.form(name),
          slice.shape().getFirst(),
          scales.map(all -> List.of(all.get(index))));
    }
  }

  private void put(
      Stored found,
      GgufTensor tensor,
      String source,
      TensorForm form,
      long rows,
      Optional<List<Float>> scales) {
    GgufStoredTensor blocks = blocks(found, tensor, source, form, rows);
    Optional<DType> dtype =
        blocks.plan().type().dtype().filter(_ -> form.isPlain() && scales.isEmpty());
    TensorView bytes = blocks.bytes();
    tensors.put(
        source,
        dtype.isPresent()
            ? new TensorView(
                source, dtype.get(), blocks.shape(), bytes.file(), bytes.fileOffset(), bytes.data())
            : multiplied(blocks, scales));
  }

  private static EncodedTensor multiplied(GgufStoredTensor blocks, Optional<List<Float>> scales) {
    return scales.<EncodedTensor>map(all -> new MultipliedTensor(blocks, all)).orElse(blocks);
  }

  /**
   * A tensor as it is in the checkpoint.
   *
   * @param rows of the checkpoint's tensor, where it is a matrix
   */
  private GgufStoredTensor blocks(
      Stored found, GgufTensor tensor, String source, TensorForm form, long rows) {
    BlockType type = tensor.type().filter(BlockType::isWritable).orElse(null);
    if (type == null || tensor.shape().size() > 2) {
      throw file.fail(
          tensor.name(),
          type == null
              ? "is of type %s, which awp does not decode"
                  .formatted(tensor.type().map(Enum::name).orElse("" + tensor.typeId()))
              : "has the shape %s where a vector or matrix is expected".formatted(tensor.shape()));
    }
    List<Long> shape = form.shape().plain(tensor.shape());
    shape.forEach(size -> whole(tensor.name(), size));
    boolean vector = shape.size() == 1;
    int columns = Math.toIntExact(shape.getLast());
    int stored = vector ? 1 : Math.toIntExact(shape.getFirst());
    if (form.rows() instanceof RowOrder.Interleaved heads) {
      checkHeads(tensor.name(), heads.headDimension(), vector ? columns : stored);
    }
    GgufTensorPlan plan =
        new GgufTensorPlan(
            source,
            GgufPlace.whole(tensor.name()),
            type,
            vector,
            vector ? 1 : whole(tensor.name(), rows),
            columns,
            stored,
            columns,
            form);
    return new GgufStoredTensor(plan, found.file().view(tensor, file.arena()));
  }

  /** A size as an integer. */
  private int whole(String name, long size) {
    if (size > Integer.MAX_VALUE) {
      throw file.fail(name, "has a size of %s, above 2^31 - 1".formatted(size));
    }
    return (int) size;
  }

  private void checkHeads(String name, int dimension, int rows) {
    if (rows % dimension != 0) {
      throw file.fail(name, "has %s rows, which are no heads of %s".formatted(rows, dimension));
    }
  }
}
