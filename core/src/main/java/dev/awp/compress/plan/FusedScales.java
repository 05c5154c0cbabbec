// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.plan;

import dev.awp.checkpoint.Checkpoint;
import dev.awp.compute.Compute;
import dev.awp.constraint.Constraint;
import dev.awp.constraint.Grid;
import dev.awp.constraint.SparseGrid;
import dev.awp.constraint.block.BlockGrid;
import dev.awp.constraint.block.MatrixScale;
import dev.awp.format.LayerPlan;
import dev.awp.format.ModelPlan;
import dev.awp.format.OutputFormat;
import dev.awp.model.LinearLayer;
import dev.awp.recipe.FusedLayers;
import dev.awp.stored.StoredTensor;
import dev.awp.stored.TensorReader;
import java.lang.foreign.Arena;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One number for the scales of layers that readers fuse, where blocks have such a number for a
 * whole matrix: a fused matrix has one for all. It is chosen by the largest weight of them all,
 * before any is solved.
 */
public final class FusedScales {
  private final Checkpoint checkpoint;
  private final Compute compute;

  public FusedScales(Checkpoint checkpoint, Compute compute) {
    this.checkpoint = checkpoint;
    this.compute = compute;
  }

  /** The plan with such numbers in its constraints, where a format's readers fuse layers. */
  public ModelPlan settle(ModelPlan plan, List<OutputFormat> formats) {
    Map<LinearLayer, BlockGrid> scaled = new LinkedHashMap<>();
    for (LayerPlan layer : plan.layers()) {
      layer
          .constraint()
          .grid()
          .flatMap(BlockGrid::behind)
          .filter(BlockGrid::hasMatrixScale)
          .ifPresent(grid -> scaled.put(layer.layer(), grid));
    }
    if (scaled.isEmpty() || formats.stream().noneMatch(OutputFormat::isFused)) {
      return plan;
    }
    Map<LinearLayer, Grid> grids = new LinkedHashMap<>();
    for (List<LinearLayer> fused : FusedLayers.group(scaled.keySet())) {
      float extreme = 0;
      for (LinearLayer layer : fused) {
        extreme = Math.max(extreme, extreme(layer));
      }
      for (LinearLayer layer : fused) {
        grids.put(layer, MatrixScale.shared(scaled.get(layer), extreme));
      }
    }
    List<LayerPlan> layers =
        plan.layers().stream().map(layer -> with(layer, grids.get(layer.layer()))).toList();
    return new ModelPlan(checkpoint, plan.layout(), layers, plan.maxShardBytes());
  }

  private static LayerPlan with(LayerPlan layer, Grid grid) {
    if (grid == null) {
      return layer;
    }
    Constraint constraint =
        layer.constraint().sparsity().<Constraint>map(s -> new SparseGrid(s, grid)).orElse(grid);
    return new LayerPlan(layer.layer(), layer.dtype(), constraint, layer.channelScales());
  }

  private float extreme(LinearLayer layer) {
    try (Arena arena = Arena.ofShared()) {
      StoredTensor stored = checkpoint.tensor(layer.weight());
      float extreme =
          MatrixScale.extreme(new TensorReader(compute.kernels()).matrix(stored, arena));
      stored.release();
      return extreme;
    }
  }
}
