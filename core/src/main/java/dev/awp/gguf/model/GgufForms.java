// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.model;

import dev.awp.config.GatedDeltaConfig;
import dev.awp.config.Mamba2Config;
import dev.awp.config.ModelConfig;
import dev.awp.config.Recurrence;
import dev.awp.gguf.file.GgufPlace;
import dev.awp.gguf.tensor.RowOrder;
import dev.awp.gguf.tensor.RowOrder.Run;
import dev.awp.gguf.tensor.StoredShape;
import dev.awp.gguf.tensor.StoredValues;
import dev.awp.gguf.tensor.TensorForm;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * How the tensors of a model lie in its file: in which tensor, with which rows, values and shape.
 */
public final class GgufForms {
  private static final String SHARED_GATE = "ffn_gate_inp_shexp.";

  private final ModelConfig config;
  private final GgufArchitecture graph;
  private final GgufNames names;

  /** Of a model; AwpException where llama.cpp has no graph for it. */
  public GgufForms(ModelConfig config) {
    this.config = config;
    this.graph = GgufArchitecture.of(config);
    this.names = GgufNames.of(config);
  }

  /**
   * A tensor of the file that one of the checkpoint lies in.
   *
   * @param rows of it, at most; 1 for a vector
   */
  public record Part(GgufPlace place, int rows, TensorForm form) {}

  /** The names of the tensors. */
  public GgufNames names() {
    return names;
  }

  /**
   * The parts of a tensor of the checkpoint; most have one.
   *
   * @param rows of the whole tensor; 1 for a vector
   */
  public List<Part> parts(String source, int rows) {
    List<GgufPlace> places = names.places(source);
    if (places.size() == 1) {
      GgufPlace place = places.getFirst();
      return List.of(new Part(place, rows, form(place.tensor())));
    }
    List<List<Run>> runs =
        places.getFirst().tensor().contains(".ffn_")
            ? List.of(List.of(new Run(0, rows / 2)), List.of(new Run(rows / 2, rows / 2)))
            : headByHead();
    List<Part> parts = new ArrayList<>();
    for (int i = 0; i < places.size(); i++) {
      int count = runs.get(i).stream().mapToInt(Run::count).sum();
      parts.add(new Part(places.get(i), count, TensorForm.of(RowOrder.runs(runs.get(i)))));
    }
    return List.copyOf(parts);
  }

  /**
   * The form of a tensor that has all of one of the checkpoint.
   *
   * @param tensor its name in the file
   */
  public TensorForm form(String tensor) {
    TensorForm form = tiled(tensor, TensorForm.SAME.with(values(tensor)).with(shape(tensor)));
    return graph.interleaves(tensor)
        ? form.with(new RowOrder.Interleaved(config.attention().orElseThrow().headDimension()))
        : form;
  }

  /**
   * How many columns of a matrix stay together in the file, so that blocks must fit into them.
   *
   * @param source its name in the checkpoint
   * @param columns of it
   */
  public int columnsTogether(String source, int columns) {
    boolean natural = form(names.place(source).tensor()).columns().equals(RowOrder.NATURAL);
    return natural ? columns : config.recurrence().orElseThrow().valueDimension();
  }

  /** The form with heads of values in the order in which the graph shares heads of keys. */
  private TensorForm tiled(String tensor, TensorForm form) {
    Optional<Recurrence> recurrence = config.recurrence().filter(_ -> graph.tilesHeads());
    if (recurrence.isEmpty() || recurrence.get().heads() == recurrence.get().keyHeads()) {
      return form;
    }
    int value = recurrence.get().valueDimension();
    int keys = 2 * recurrence.get().keyHeads() * recurrence.get().keyDimension();
    if (isPart(tensor, "attn_qkv") || isPart(tensor, GgufNames.CONVOLUTION)) {
      return form.with(tiles(recurrence.get(), keys, value));
    }
    if (isPart(tensor, "attn_gate")) {
      return form.with(tiles(recurrence.get(), 0, value));
    }
    if (isPart(tensor, "ssm_out")) {
      return form.withColumns(tiles(recurrence.get(), 0, value));
    }
    boolean ofHeads =
        Stream.of("ssm_alpha", "ssm_beta", "ssm_dt", GgufNames.DECAY)
            .anyMatch(part -> isPart(tensor, part));
    return ofHeads ? form.with(tiles(recurrence.get(), 0, 1)) : form;
  }

  /**
   * The first heads of values of all heads of keys, then their second ones, and so on.
   *
   * @param before rows that stay where they are
   * @param length rows of a head
   */
  private static RowOrder tiles(Recurrence recurrence, int before, int length) {
    int shared = recurrence.heads() / recurrence.keyHeads();
    List<Run> runs = new ArrayList<>();
    if (before > 0) {
      runs.add(new Run(0, before));
    }
    for (int i = 0; i < recurrence.heads(); i++) {
      int head = i % recurrence.keyHeads() * shared + i / recurrence.keyHeads();
      runs.add(new Run(before + head * length, length));
    }
    return RowOrder.runs(runs);
  }

  private StoredValues values(String tensor) {
    if (isPart(tensor, GgufNames.DECAY)) {
      return StoredValues.DECAY;
    }
    return graph.storesOneMore(tensor) ? StoredValues.ONE_MORE : StoredValues.SAME;
  }

  private StoredShape shape(String tensor) {
    if (tensor.contains(SHARED_GATE)) {
      return StoredShape.ONE_ROW;
    }
    if (isPart(tensor, GgufNames.CONVOLUTION)) {
      return tensor.endsWith(".weight") ? StoredShape.CONVOLUTION : StoredShape.SAME;
    }
    Optional<Mamba2Config> mamba = config.recurrence().flatMap(GgufForms::mamba);
    if (mamba.isPresent() && isPart(tensor, GgufNames.RECURRENT_NORM)) {
      return StoredShape.folded(mamba.get().groups());
    }
    boolean ofHeads = isPart(tensor, GgufNames.DECAY) || isPart(tensor, GgufNames.SKIP);
    return mamba.isPresent() && ofHeads
        ? StoredShape.folded(mamba.get().heads())
        : StoredShape.SAME;
  }

  private static Optional<Mamba2Config> mamba(Recurrence recurrence) {
    return recurrence instanceof Mamba2Config mamba ? Optional.of(mamba) : Optional.empty();
  }

  private static boolean isPart(String tensor, String part) {
    return tensor.endsWith("." + part) || tensor.contains("." + part + ".");
  }

  /**
   * Where rows of queries, keys and values, and where those of gates lie, which the checkpoint has
   * of one head of keys behind the other.
   */
  private List<List<Run>> headByHead() {
    GatedDeltaConfig delta = (GatedDeltaConfig) config.recurrence().orElseThrow();
    int key = delta.keyDimension();
    int value = delta.heads() / delta.keyHeads() * delta.valueDimension();
    int all = 2 * key + 2 * value;
    List<Run> mixed = new ArrayList<>();
    List<Run> gates = new ArrayList<>();
    addRuns(mixed, delta.keyHeads(), all, 0, key);
    addRuns(mixed, delta.keyHeads(), all, key, key);
    addRuns(mixed, delta.keyHeads(), all, 2 * key, value);
    addRuns(gates, delta.keyHeads(), all, 2 * key + value, value);
    return List.of(mixed, gates);
  }

  private static void addRuns(List<Run> runs, int heads, int step, int first, int count) {
    for (int head = 0; head < heads; head++) {
      runs.add(new Run(head * step + first, count));
    }
  }
}
