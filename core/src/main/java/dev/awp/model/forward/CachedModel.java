// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model.forward;

import dev.awp.model.sublayer.BlockCache;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;

/**
 * One sequence on its way through a model, some tokens at a time, with what attention needs of the
 * earlier ones. Decoded weights are kept from step to step where memory allows; otherwise every
 * step decodes each block anew.
 */
public final class CachedModel implements AutoCloseable {
  private final TransformerModel model;
  private final Arena arena;
  private final List<DecoderBlock> kept = new ArrayList<>();
  private final List<BlockCache> caches = new ArrayList<>();

  /**
   * A model that has seen nothing.
   *
   * @param capacity most tokens of the sequence
   * @param weightBytes memory for decoded weights
   */
  @SuppressWarnings("MustBeClosed") // the arena is closed by close(), or below
  public CachedModel(TransformerModel model, int capacity, long weightBytes) {
    this.model = model;
    this.arena = Arena.ofShared();
    try {
      int blocks = model.layout().config().layers();
      if (DecoderBlock.weightBytes(model.layout()) <= weightBytes / blocks) {
        for (int i = 0; i < blocks; i++) {
          kept.add(model.block(i, arena));
        }
      }
      for (int i = 0; i < blocks; i++) {
        caches.add(
            BlockCache.of(model.layout().config().block(i), capacity, List.copyOf(caches), arena));
      }
    } catch (RuntimeException | Error e) {
      arena.close();
      throw e;
    }
  }

  /**
   * Takes the next tokens.
   *
   * @return the logits of what follows the last of them, one for each token of the vocabulary
   */
  public float[] step(int[] tokens) {
    if (tokens.length == 0) {
      throw new IllegalArgumentException("a step of no tokens");
    }
    try (Arena scratch = Arena.ofShared()) {
      Matrix x = Matrix.allocate(scratch, tokens.length, model.layout().columns().width());
      model.embed(tokens, x);
      for (int i = 0; i < caches.size(); i++) {
        if (kept.isEmpty()) {
          try (Arena weights = Arena.ofShared()) {
            model.block(i, weights).next(x, caches.get(i));
          }
        } else {
          kept.get(i).next(x, caches.get(i));
        }
      }
      return model.head().logits(x.rowRange(tokens.length - 1, tokens.length));
    }
  }

  @Override
  public void close() {
    arena.close();
  }
}
