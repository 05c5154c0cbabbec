// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model.sublayer;

import dev.awp.model.AttentionStep;
import dev.awp.model.BlockStep;
import dev.awp.model.GatedDeltaStep;
import dev.awp.model.LatentAttentionStep;
import dev.awp.model.Mamba2Step;
import dev.awp.model.MixtureStep;
import dev.awp.model.MlpStep;
import dev.awp.model.PerLayerStep;

/** Which sublayer computes a step of a block: the list to add one to. */
public final class Sublayers {
  private Sublayers() {}

  public static Sublayer of(BlockStep step, BlockWeights weights, RowOperations rows) {
    return switch (step) {
      case AttentionStep attention -> new SelfAttention(attention, weights, rows);
      case LatentAttentionStep latent -> new LatentSelfAttention(latent, weights, rows);
      case Mamba2Step mamba -> new Mamba2(mamba, weights, rows);
      case GatedDeltaStep delta -> new GatedDelta(delta, weights, rows);
      case MlpStep mlp -> new FeedForward(mlp, weights, rows);
      case MixtureStep mixture -> new ExpertMixture(mixture, weights, rows);
      case PerLayerStep perLayer -> new PerLayerInput(perLayer, weights, rows);
    };
  }

  /**
   * Floats of a sublayer's buffers.
   *
   * @param rows of the largest chunk
   * @param length tokens of a sequence
   */
  public static long floats(BlockStep step, long rows, int length, int threads) {
    return switch (step) {
      case AttentionStep attention ->
          SelfAttention.floats(attention.config(), rows, length, threads);
      case LatentAttentionStep latent -> LatentSelfAttention.floats(latent, rows, length, threads);
      case Mamba2Step mamba -> Mamba2.floats(mamba.config(), rows, threads);
      case GatedDeltaStep delta -> GatedDelta.floats(delta.config(), rows, threads);
      case MlpStep mlp -> FeedForward.floats(rows, mlp.config());
      case MixtureStep mixture -> ExpertMixture.floats(mixture, rows);
      case PerLayerStep perLayer -> PerLayerInput.floats(perLayer, rows);
    };
  }
}
