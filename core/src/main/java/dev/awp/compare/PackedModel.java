// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compare;

import dev.awp.checkpoint.Checkpoint;
import dev.awp.compress.ConstraintOptions;
import dev.awp.compress.plan.PackedSize;
import dev.awp.config.ExpertConfig;
import dev.awp.model.LinearLayer;
import dev.awp.model.ModelLayout;
import dev.awp.report.ModelSize;
import dev.awp.tensor.DType;
import java.util.List;
import java.util.Optional;

/** What a model takes once codes of a constraint are packed. */
final class PackedModel {
  private PackedModel() {}

  /**
   * Counts.
   *
   * @param constraint of all linear layers of its blocks; none of the model as it is
   */
  static ModelSize size(
      Checkpoint checkpoint, ModelLayout layout, Optional<ConstraintOptions> constraint) {
    List<LinearLayer> linears = layout.linears();
    long others = PackedSize.others(checkpoint, linears);
    double all = others;
    double read = others;
    if (!layout.config().tieWordEmbeddings()) {
      read -= checkpoint.tensor(layout.embedding()).byteSize() * (double) Byte.SIZE;
    }
    for (LinearLayer linear : linears) {
      DType storage = checkpoint.tensor(linear.weight()).type().written();
      long bits =
          constraint
              .map(some -> PackedSize.bits(linear, some, storage))
              .orElseGet(() -> PackedSize.weights(linear) * storage.bits());
      all += bits;
      read += bits * share(linear, layout);
    }
    return new ModelSize(bytes(all), bytes(read));
  }

  private static long bytes(double bits) {
    return (long) Math.ceil(bits / Byte.SIZE);
  }

  /** Of the tokens that a layer sees, on average. */
  private static double share(LinearLayer linear, ModelLayout layout) {
    if (!linear.site().ofExpert()) {
      return 1;
    }
    ExpertConfig experts = layout.config().block(linear.block()).experts().orElseThrow();
    return (double) experts.perToken() / experts.count();
  }
}
