// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.plan;

import static java.util.stream.Collectors.joining;

import dev.awp.AwpException;
import dev.awp.gguf.block.BlockType;
import dev.awp.gguf.block.BlockWidths;
import dev.awp.gguf.mix.GgufMix;
import dev.awp.gguf.mix.MixedModel;
import dev.awp.gguf.model.GgufForms;
import dev.awp.model.LinearLayer;
import dev.awp.model.ModelLayout;
import dev.awp.recipe.BlockChoice;
import dev.awp.recipe.Choice;
import dev.awp.recipe.LayerSettings;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A type of blocks for every layer that is to have some: that of its mixture, and one of shorter
 * blocks where its rows are no whole blocks. An inner width is filled up with zeros instead, where
 * no mixture asks for what llama-quantize would write.
 */
final class BlockTypes {
  /** Layers of a change that are named. */
  private static final int NAMED = 3;

  private final GgufForms forms;
  private final Optional<MixedModel> mixed;
  private final Map<Change, List<LinearLayer>> changes = new LinkedHashMap<>();
  private final Map<Joined, List<LinearLayer>> joined = new LinkedHashMap<>();

  /** Layers of so many columns that do not have the type that they should. */
  private record Change(BlockType from, BlockType to, int columns) {
    private long bytes(LinearLayer layer) {
      double bits = to.bitsPerWeight() - from.bitsPerWeight();
      return Math.round(PackedSize.weights(layer) * bits / Byte.SIZE);
    }
  }

  /** A layer's parts in the file with the types of a mixture, and the one that all of it has. */
  private record Joined(GgufMix mix, String parts, BlockType type) {}

  private BlockTypes(GgufForms forms, Optional<MixedModel> mixed) {
    this.forms = forms;
    this.mixed = mixed;
  }

  /**
   * Settles types.
   *
   * @param settled receives them
   * @param forms of the model's tensors in the file
   * @return what gave way to what, a sentence each
   */
  static List<String> settle(
      Map<LinearLayer, LayerSettings> settled, ModelLayout layout, GgufForms forms) {
    boolean mixes = settled.values().stream().anyMatch(BlockTypes::isMixed);
    BlockTypes types =
        new BlockTypes(
            forms, mixes ? Optional.of(new MixedModel(layout.config())) : Optional.empty());
    settled.replaceAll(types::settle);
    return types.sentences();
  }

  private static boolean isMixed(LayerSettings settings) {
    return settings.blocks().flatMap(BlockChoice::mixture).isPresent();
  }

  private LayerSettings settle(LinearLayer layer, LayerSettings settings) {
    if (settings.ignore()
        || settings.blocks().isEmpty()
        || settings.ladder().isPresent()
        || !(settings.bits() instanceof Choice.None)) {
      return settings;
    }
    BlockType type =
        switch (settings.blocks().get()) {
          case BlockChoice.Budgeted _ -> throw new IllegalStateException("left to a budget");
          case BlockChoice.Same(BlockType same) -> same(layer, same, settings.givesWay());
          case BlockChoice.Mixed(var mix) -> {
            BlockType wanted = mixed.orElseThrow().type(mix, layer.weight());
            BlockType found = fit(layer, wanted, settings.givesWay());
            note(layer, mix, found);
            yield found;
          }
        };
    check(layer, settings, type);
    return settings.toBuilder().blocks(Optional.of(new BlockChoice.Same(type))).build();
  }

  private static void check(LinearLayer layer, LayerSettings settings, BlockType type) {
    if (settings.sparsity() instanceof Choice.None || holdsZeros(type)) {
      return;
    }
    throw new AwpException(
        "%s: --gguf-type %s makes it %s, which holds no exact zeros as --sparsity needs them; these do: %s"
            .formatted(
                layer.name(),
                settings.blocks().flatMap(BlockChoice::mixture).map(Enum::name).orElse(type.name()),
                type,
                Arrays.stream(BlockType.values())
                    .filter(BlockType::isWritable)
                    .filter(BlockTypes::holdsZeros)
                    .map(BlockType::name)
                    .collect(joining(", "))));
  }

  private static boolean holdsZeros(BlockType type) {
    return type.dtype().isPresent() || type.hasZero();
  }

  /**
   * Notes a layer that is several tensors of the file, to which the mixture gives several types.
   */
  private void note(LinearLayer layer, GgufMix mix, BlockType type) {
    Map<String, BlockType> parts = mixed.orElseThrow().types(mix, layer.weight());
    if (new HashSet<>(parts.values()).size() > 1) {
      String words =
          parts.entrySet().stream()
              .map(part -> part.getKey() + " " + part.getValue())
              .collect(joining(" and "));
      joined.computeIfAbsent(new Joined(mix, words, type), _ -> new ArrayList<>()).add(layer);
    }
  }

  private BlockType same(LinearLayer layer, BlockType type, boolean givesWay) {
    return layer.takesInnerWidth() ? type : fit(layer, type, givesWay);
  }

  private BlockType fit(LinearLayer layer, BlockType type, boolean givesWay) {
    int columns = forms.columnsTogether(layer.weight(), layer.columns());
    BlockType found = givesWay ? BlockWidths.fitting(type, columns) : type;
    if (!BlockWidths.fits(found, columns) && layer.takesInnerWidth() && givesWay) {
      found = BlockWidths.shorter(type);
    }
    if (found != type) {
      changes.computeIfAbsent(new Change(type, found, columns), _ -> new ArrayList<>()).add(layer);
    }
    return found;
  }

  private List<String> sentences() {
    return Stream.concat(
            changes.entrySet().stream().map(entry -> sentence(entry.getKey(), entry.getValue())),
            joined.entrySet().stream().map(entry -> sentence(entry.getKey(), entry.getValue())))
        .toList();
  }

  private static String sentence(Joined joined, List<LinearLayer> layers) {
    return "GGUF: %s gives %s, which one layer makes: all of it is %s in %s"
        .formatted(joined.mix(), joined.parts(), joined.type(), names(layers));
  }

  private static String names(List<LinearLayer> layers) {
    return layers.stream().limit(NAMED).map(LinearLayer::name).collect(joining(", "))
        + (layers.size() > NAMED ? " and %s others".formatted(layers.size() - NAMED) : "");
  }

  private static String sentence(Change change, List<LinearLayer> layers) {
    long bytes = layers.stream().mapToLong(change::bytes).sum();
    return "GGUF: rows of %s are no whole blocks of %s: %s instead (%s bits a weight, not %s; %s bytes more) in %s"
        .formatted(
            change.columns(),
            change.from(),
            change.to(),
            change.to().bitsPerWeight(),
            change.from().bitsPerWeight(),
            bytes,
            names(layers));
  }
}
