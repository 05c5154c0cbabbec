// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress;

import dev.awp.Progress;
import dev.awp.report.LayerReport;
import java.nio.file.Path;

/** Hears how a compression goes on; called on the thread that runs it. */
public interface CompressionListener extends Progress {
  /**
   * The plan stands, work begins.
   *
   * @param blocks decoder blocks
   * @param layers linear layers in all blocks
   * @param work sum of the layers' costs, in the unit of {@link #layerFinished}
   */
  default void planned(int blocks, int layers, long work) {}

  @Override
  default void step(String what) {}

  /**
   * The solver finished an iteration on a layer.
   *
   * @param layer module name
   * @param iteration from 0
   * @param relativeError f(T) / f(0) of the iterate
   */
  default void iteration(String layer, int iteration, double relativeError) {}

  /**
   * A layer was solved, written and read back.
   *
   * @param block index of its block, from 0
   * @param work this layer's share of the planned work: dOut dIn^2 multiply-adds
   */
  default void layerFinished(int block, LayerReport layer, long work) {}

  /**
   * An earlier part of the run finished layers, which are not solved again.
   *
   * @param work their share of the planned work
   */
  default void restored(int layers, long work) {}

  /**
   * So many layers would now survive the end of the process. On a thread of its own.
   *
   * @param folder where they lie
   */
  default void saved(int layers, Path folder) {}
}
