// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.structured;

import dev.awp.Progress;
import dev.awp.calibration.CalibrationSet;
import dev.awp.model.ModelLayout;
import dev.awp.model.forward.TransformerModel;
import java.nio.file.Path;
import java.util.List;

/** A way to choose blocks to remove, or of which attention is removed. */
public interface BlockMeasure {
  /** The word for it on the command line. */
  String name();

  /**
   * The blocks that are removed, or lose what is removed, in the order in which they do.
   *
   * @param scratch folder of files of activations, without names, while this runs
   */
  List<Integer> choose(
      TransformerModel model,
      CalibrationSet calibration,
      BlockRemoval removal,
      Path scratch,
      Progress progress);

  /** About what choosing takes, in flops. */
  double flops(ModelLayout layout, CalibrationSet calibration, BlockRemoval removal);
}
