// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model;

import dev.awp.config.AttentionConfig;
import dev.awp.config.ModelConfig;
import dev.awp.tensor.Matrix;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalInt;

/**
 * The columns of the states that flow through a model: the hidden states of a token, and behind
 * them what later blocks need beside these, which is the token itself where blocks have vectors of
 * it, and keys and values of blocks that later ones share. Most models have none of the latter.
 *
 * @param hidden columns of hidden states
 * @param hasToken whether the first column behind them is the token; float32 holds it exactly
 * @param keyValues by block, the first column of its keys behind the hidden states; its values
 *     follow them
 * @param width all columns
 */
public record StateColumns(
    int hidden, boolean hasToken, Map<Integer, Integer> keyValues, int width) {
  public StateColumns {
    keyValues = Map.copyOf(keyValues);
  }

  /** Those of a model. */
  static StateColumns of(ModelConfig config) {
    boolean token = config.blocks().stream().anyMatch(block -> block.perLayer().isPresent());
    Map<Integer, Integer> places = new LinkedHashMap<>();
    int behind = token ? 1 : 0;
    // In the order of the blocks that make them, which whole blocks that go do not change.
    for (int from : config.sharedBlocks()) {
      AttentionConfig kept = config.block(from).attention();
      places.put(from, behind);
      behind += kept.keyValueWidth() + kept.valueWidth();
    }
    return new StateColumns(config.hiddenSize(), token, places, config.hiddenSize() + behind);
  }

  /** Where the keys of a block begin behind the hidden states, where later blocks share them. */
  public OptionalInt keys(int block) {
    Integer place = keyValues.get(block);
    return place == null ? OptionalInt.empty() : OptionalInt.of(place);
  }

  /** The hidden states among some rows of states. */
  public Matrix hidden(Matrix states) {
    return width == hidden ? states : states.columnRange(0, hidden);
  }

  /** What lies behind the hidden states of some rows. */
  public Matrix beside(Matrix states) {
    return states.columnRange(hidden, width);
  }
}
