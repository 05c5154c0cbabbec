// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress;

import dev.awp.calibration.ActivationStore;
import dev.awp.calibration.SecondMoment;
import dev.awp.checkpoint.Checkpoint;
import dev.awp.checkpoint.CheckpointWriter;
import dev.awp.kernel.Compute;
import dev.awp.model.DecoderBlock;
import dev.awp.model.InputSite;
import dev.awp.model.LinearInputs;
import dev.awp.model.LinearLayer;
import dev.awp.model.TransformerModel;
import dev.awp.report.LayerReport;
import dev.awp.solver.Solver;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

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
   * @param last whether nothing comes after, so that the activations need not advance
   */
  List<LayerReport> compress(
      TransformerModel model, int index, ActivationStore activations, boolean last) {
    listener.step("block " + (index + 1) + ": calibrating");
    try (Arena arena = Arena.ofShared()) {
      DecoderBlock block = model.block(index, arena);
      List<LayerReport> reports = new ArrayList<>();
      try (Moments moments = new Moments(block.linears())) {
        boolean dense = options.propagation() == Propagation.DENSE;
        if (dense) {
          block.forward(activations.states(), activations.length(), moments);
        } else {
          observe(block, activations, moments);
        }
        for (InputSite site : InputSite.values()) {
          reports.addAll(solveSite(block, site, moments));
        }
        if (!dense && !last) {
          // The block's weights are by now those that were written.
          block.forward(activations.states(), activations.length(), LinearInputs.IGNORED);
        }
      }
      return reports;
    }
  }

  /** Runs copies of the activations through the block, chunk by chunk, and drops what comes out. */
  private static void observe(DecoderBlock block, ActivationStore activations, Moments moments) {
    Matrix states = activations.states();
    int rows = Math.min(states.rows(), DecoderBlock.chunkRows(activations.length()));
    try (Arena arena = Arena.ofShared()) {
      Matrix copy = Matrix.allocate(arena, rows, states.columns());
      for (int from = 0; from < states.rows(); from += rows) {
        int to = Math.min(states.rows(), from + rows);
        Matrix chunk = copy.rowRange(0, to - from);
        chunk.copyFrom(states.rowRange(from, to));
        block.forward(chunk, activations.length(), moments);
      }
    }
  }

  /** The second moments of a block's sites while they are accumulated. */
  private final class Moments implements LinearInputs, AutoCloseable {
    private final Map<InputSite, SecondMoment> bySite = new EnumMap<>(InputSite.class);

    Moments(List<LinearLayer> linears) {
      try {
        for (LinearLayer linear : linears) {
          bySite.computeIfAbsent(
              linear.site(), site -> new SecondMoment(linear.columns(), compute));
        }
      } catch (RuntimeException | Error e) {
        close();
        throw e;
      }
    }

    @Override
    public void accept(InputSite site, Matrix inputs) {
      bySite.get(site).add(inputs);
    }

    /** C of a site; what it was summed in is freed. */
    Matrix finish(InputSite site, String what, Arena arena) {
      try (SecondMoment moment = bySite.remove(site)) {
        return moment.finish(what, arena);
      }
    }

    @Override
    public void close() {
      bySite.values().forEach(SecondMoment::close);
    }
  }

  private List<LayerReport> solveSite(DecoderBlock block, InputSite site, Moments moments) {
    List<LinearLayer> linears =
        block.linears().stream().filter(linear -> linear.site() == site).toList();
    List<LayerReport> reports = new ArrayList<>();
    try (Arena arena = Arena.ofShared()) {
      Matrix c = moments.finish(site, linears.getFirst().name(), arena);
      for (LinearLayer linear : linears) {
        Matrix w = block.weights(linear);
        LayerReport report =
            layers.compress(
                linear,
                w,
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
}
