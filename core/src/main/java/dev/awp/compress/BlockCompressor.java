// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress;

import dev.awp.calibration.ActivationStore;
import dev.awp.calibration.CrossMoment;
import dev.awp.checkpoint.Checkpoint;
import dev.awp.checkpoint.CheckpointWriter;
import dev.awp.kernel.Compute;
import dev.awp.model.DecoderBlock;
import dev.awp.model.InputSite;
import dev.awp.model.LinearInputs;
import dev.awp.model.LinearLayer;
import dev.awp.model.TransformerModel;
import dev.awp.report.LayerReport;
import dev.awp.solver.DriftTarget;
import dev.awp.solver.Solver;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Compresses one decoder block: calibrate its four input sites, solve its layers, move on. */
final class BlockCompressor {
  private final CompressionOptions options;
  private final LayerCompressor layers;
  private final Compute compute;
  private final CompressionListener listener;

  BlockCompressor(
      CompressionOptions options,
      Checkpoint checkpoint,
      CheckpointWriter writer,
      Solver solver,
      Compute compute,
      CompressionListener listener) {
    this.options = options;
    this.layers =
        new LayerCompressor(options.constraint(), checkpoint, writer, solver, compute, listener);
    this.compute = compute;
    this.listener = listener;
  }

  /**
   * Compresses a block and advances the activations to the inputs of the next one.
   *
   * @param activations advanced by the compressed block, or by the original one with {@link
   *     Propagation#DENSE}
   * @param original activations of the original model, advanced too; there with {@link
   *     Target#PROPAGATED} only
   * @param last whether nothing comes after, so that the activations need not advance
   */
  List<LayerReport> compress(
      TransformerModel model,
      int index,
      ActivationStore activations,
      Optional<ActivationStore> original,
      boolean last) {
    listener.step("block " + (index + 1) + ": calibrating");
    try (Arena arena = Arena.ofShared()) {
      DecoderBlock block = model.block(index, arena);
      List<LayerReport> reports = new ArrayList<>();
      try (BlockMoments moments = new BlockMoments(block, original.isPresent(), compute)) {
        boolean dense = options.propagation() == Propagation.DENSE;
        int length = activations.length();
        if (dense) {
          block.forward(activations.states(), length, moments);
        } else {
          moments.observe(
              block, activations.states(), original.map(ActivationStore::states), length);
        }
        for (InputSite site : InputSite.values()) {
          reports.addAll(solveSite(block, site, moments, original.isPresent()));
        }
        if (!dense && !last) {
          // The block's weights are by now those that were written.
          block.forward(activations.states(), length, LinearInputs.IGNORED);
        }
      }
      return reports;
    }
  }

  private List<LayerReport> solveSite(
      DecoderBlock block, InputSite site, BlockMoments moments, boolean drifted) {
    List<LinearLayer> linears =
        block.linears().stream().filter(linear -> linear.site() == site).toList();
    String what = linears.getFirst().name();
    List<LayerReport> reports = new ArrayList<>();
    try (Arena arena = Arena.ofShared()) {
      Matrix c = moments.finish(site, what, arena);
      Map<LinearLayer, Matrix> targets =
          drifted ? targets(block, linears, c, moments.takeDrift(site), arena) : Map.of();
      for (LinearLayer linear : linears) {
        Matrix w = block.weights(linear);
        LayerReport report =
            layers.compress(
                linear,
                w,
                targets.getOrDefault(linear, w),
                c,
                written -> {
                  if (options.propagation() == Propagation.COMPRESSED) {
                    w.copyFrom(written);
                  }
                });
        reports.add(report);
        listener.layerFinished(linear.block(), report, Compressor.work(linear));
      }
    }
    return reports;
  }

  /** Targets of a site's layers, before the first of them is solved. Frees the drift. */
  private Map<LinearLayer, Matrix> targets(
      DecoderBlock block, List<LinearLayer> linears, Matrix c, CrossMoment drift, Arena arena) {
    try (drift;
        Arena scratch = Arena.ofShared()) {
      DriftTarget target =
          new DriftTarget(c, drift.finish(linears.getFirst().name()), compute, scratch);
      return linears.stream()
          .collect(
              Collectors.toMap(
                  Function.identity(), linear -> target.of(block.weights(linear), arena)));
    }
  }
}
