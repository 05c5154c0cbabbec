// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.structured;

import dev.awp.calibration.ActivationStore;
import dev.awp.calibration.CalibrationSet;
import dev.awp.model.ModelLayout;
import dev.awp.model.forward.TransformerModel;

/** A way to choose the experts of a mixture that stay: those with the largest scores. */
public interface ExpertMeasure {
  /** The word for it on the command line. */
  String name();

  /**
   * A score for each expert of a block, not negative.
   *
   * @param model the original one
   * @param states on their way into the mixture, left alone
   */
  double[] scores(TransformerModel model, int block, ActivationStore states);

  /** About what scores of all blocks take, in flops. */
  double flops(ModelLayout layout, CalibrationSet calibration);
}
