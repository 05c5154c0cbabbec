// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.convert;

import dev.awp.AwpException;
import dev.awp.config.AttentionConfig;
import dev.awp.config.BlockConfig;
import dev.awp.config.ModelConfig;
import dev.awp.config.Projections;
import dev.awp.model.InputSite;
import dev.awp.model.LinearLayer;
import dev.awp.model.ModelLayout;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * The channels of a model in a random order: its hidden units, and in each block the neurons of the
 * feed-forward layer and the channels of values within each head. Sums have the same terms in
 * another order, so the function is the same but for the last bits; what was a group of columns or
 * a block on a grid is none any more.
 */
final class Shuffle {
  private final Map<String, Order> rows = new HashMap<>();
  private final Map<String, Order> columns = new HashMap<>();

  private Shuffle() {}

  /** No order is another. */
  static Shuffle none() {
    return new Shuffle();
  }

  /**
   * Chosen by a seed.
   *
   * @throws AwpException for a model whose channels this cannot move
   */
  static Shuffle of(ModelLayout layout, long seed) {
    ModelConfig config = layout.config();
    if (config.experts().isPresent()
        || config.recurrence().isPresent()
        || config.architecture().globalHeads().isPresent()
        || config.architecture().projections() != Projections.SEPARATE) {
      throw new AwpException(
          "%s: --shuffle knows models with separate projections, without experts and recurrences, and with heads of one kind, not %s"
              .formatted(config.file(), config.architecture().name()));
    }
    Shuffle shuffle = new Shuffle();
    Random random = new Random(seed);
    Order hidden = Order.shuffled(config.hiddenSize(), random);
    layout
        .shapes()
        .forEach(
            (name, shape) -> {
              // Vectors of hidden units; those of heads and biases come with their layers.
              boolean block = name.contains(".self_attn.") || name.contains(".mlp.");
              if (!block) {
                shuffle.columns.put(name, hidden);
              }
            });
    for (int block = 0; block < config.layers(); block++) {
      shuffle.addBlock(layout, block, hidden, random);
    }
    return shuffle;
  }

  private void addBlock(ModelLayout layout, int block, Order hidden, Random random) {
    BlockConfig config = layout.config().block(block);
    Order neurons = Order.shuffled(config.mlp().width(), random);
    Optional<Heads> heads = config.ownAttention().map(attention -> Heads.of(attention, random));
    for (LinearLayer layer : layout.linears(block)) {
      InputSite.Part part = layer.site().part();
      if (part.equals(InputSite.Part.ATTENTION_INPUT)) {
        put(
            layer,
            layer.name().endsWith(".v_proj") ? heads.orElseThrow().values() : Order.NATURAL,
            hidden);
      } else if (part.equals(InputSite.Part.ATTENTION_OUTPUT)) {
        put(layer, hidden, heads.orElseThrow().mixed());
      } else if (part.equals(InputSite.Part.MLP_INPUT)) {
        put(layer, neurons, hidden);
      } else {
        put(layer, hidden, neurons);
      }
    }
  }

  /**
   * The channels of values, shuffled within each head, and the same where query heads share them.
   */
  private record Heads(Order values, Order mixed) {
    static Heads of(AttentionConfig attention, Random random) {
      int length = attention.headDimension();
      int count = attention.keyValueHeads();
      Order[] heads =
          IntStream.range(0, count)
              .mapToObj(_ -> Order.shuffled(length, random))
              .toArray(Order[]::new);
      int shared = attention.heads() / count;
      int[] mixed = IntStream.range(0, attention.heads()).map(head -> head / shared).toArray();
      return new Heads(
          Order.parts(length, IntStream.range(0, count).toArray(), heads),
          Order.parts(length, mixed, heads));
    }
  }

  private void put(LinearLayer layer, Order ofRows, Order ofColumns) {
    rows.put(layer.weight(), ofRows);
    columns.put(layer.weight(), ofColumns);
    // A bias has an entry where its matrix has a row.
    columns.put(layer.bias(), ofRows);
  }

  Order rows(String tensor) {
    return rows.getOrDefault(tensor, Order.NATURAL);
  }

  Order columns(String tensor) {
    return columns.getOrDefault(tensor, Order.NATURAL);
  }
}
