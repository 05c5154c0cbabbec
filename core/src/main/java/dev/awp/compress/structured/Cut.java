// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.structured;

import dev.awp.checkpoint.Checkpoint;
import dev.awp.model.BlockStep;
import dev.awp.stored.CutTensor;
import java.util.List;
import java.util.function.UnaryOperator;

/** Which parts of a step's tensors go with each of its units: neurons, heads, or experts. */
sealed interface Cut permits StepCut, ExpertCut {
  /** The step of the original. */
  BlockStep step();

  /** How many units it has. */
  int count();

  /**
   * The tensors that have parts of units, as far as they stay with some.
   *
   * @param name what a tensor of the original is called behind the cut, its block having moved
   * @param kept units, ascending
   */
  List<CutTensor> tensors(Checkpoint original, UnaryOperator<String> name, int... kept);
}
