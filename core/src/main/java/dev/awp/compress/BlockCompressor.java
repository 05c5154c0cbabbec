// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress;

import dev.awp.calibration.ActivationStore;
import dev.awp.compress.BlockMoments.Stream;
import dev.awp.format.ModelPlan;
import dev.awp.kernel.Compute;
import dev.awp.model.DecoderBlock;
import dev.awp.model.InputSite;
import dev.awp.model.LinearInputs;
import dev.awp.model.LinearLayer;
import dev.awp.model.Stage;
import dev.awp.model.TransformerModel;
import dev.awp.report.LayerReport;
import dev.awp.solver.SharedFactors;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Compresses one decoder block, or the head behind the last one: calibrates its input sites, solves
 * its layers, moves the activations on. The block's weights are in memory only while activations
 * pass through them; a layer is decoded again when it is solved, which costs seconds where solving
 * costs minutes.
 */
final class BlockCompressor {
  private final CompressionOptions options;
  private final Schemes schemes;
  private final MemoryPlan memory;
  private final TransformerModel model;
  private final ModelOutput output;
  private final LayerCompressor layers;
  private final SavedLayers saved;
  private final Compute compute;
  private final CompressionListener listener;

  BlockCompressor(
      CompressionOptions options,
      Schemes schemes,
      MemoryPlan memory,
      TransformerModel model,
      ModelPlan plan,
      ModelOutput output,
      SavedLayers saved,
      Compute compute,
      CompressionListener listener) {
    this.options = options;
    this.schemes = schemes;
    this.memory = memory;
    this.model = model;
    this.output = output;
    this.layers = new LayerCompressor(schemes, plan, output, compute, listener);
    this.saved = saved;
    this.compute = compute;
    this.listener = listener;
  }

  /**
   * Compresses a block, as far as that was not done in an earlier part of the run, and advances the
   * activations to the inputs of the next one.
   *
   * @param activations advanced by the compressed block, or by the original one with {@link
   *     Propagation#DENSE}
   * @param original activations of the original model, advanced too; there with {@link
   *     Target#PROPAGATED} only
   * @param last whether nothing comes after, so that the activations need not advance
   */
  List<LayerReport> compress(
      int index, ActivationStore activations, Optional<ActivationStore> original, boolean last) {
    List<LayerReport> reports = new ArrayList<>();
    Compute chosen =
        ForwardTrial.choose(model, index, activations.states(), activations.length(), compute);
    List<LinearLayer> planned = schemes.layers(index);
    Set<InputSite> starved = ExpertCoverage.starved(model, index, planned, activations, listener);
    List<Map<InputSite, List<LinearLayer>>> passes = memory.passes(planned);
    for (Map<InputSite, List<LinearLayer>> pass : passes) {
      List<LinearLayer> linears = unsolved(pass.values().stream().flatMap(List::stream).toList());
      boolean lastPass = pass.equals(passes.getLast());
      try (BlockMoments moments =
          new BlockMoments(
              linears, original.isPresent(), starved, chosen.blas().precision(), compute)) {
        if (!linears.isEmpty()) {
          calibrate(model.on(chosen), index, activations, original, lastPass, moments);
        } else if (lastPass && !last) {
          advanceOriginal(model.on(chosen), index, activations, original, moments);
        }
        pass.forEach(
            (site, ofSite) ->
                reports.addAll(solveSite(site, ofSite, moments, original.isPresent())));
      }
    }
    if (options.propagation() == Propagation.COMPRESSED && !last) {
      advance(chosen, index, activations);
    }
    return reports;
  }

  private List<LinearLayer> unsolved(List<LinearLayer> linears) {
    return linears.stream().filter(linear -> saved.find(linear.name()).isEmpty()).toList();
  }

  /**
   * What {@link #calibrate} does to activations that pass through the original block, where nothing
   * of it is left to calibrate: the same chunks, and so the same bytes.
   */
  private void advanceOriginal(
      TransformerModel running,
      int index,
      ActivationStore activations,
      Optional<ActivationStore> original,
      BlockMoments nothing) {
    boolean dense = options.propagation() == Propagation.DENSE;
    Optional<ActivationStore> through = dense ? Optional.of(activations) : original;
    if (through.isPresent()) {
      listener.step("block " + (index + 1) + ": passing through");
      try (Arena arena = Arena.ofShared()) {
        nothing.observe(
            running.stage(index, arena),
            new Stream(through.get().states(), true),
            Optional.empty(),
            through.get().length());
      }
    }
  }

  /** The last pass advances what is to go through the original block. */
  private void calibrate(
      TransformerModel running,
      int index,
      ActivationStore activations,
      Optional<ActivationStore> original,
      boolean lastPass,
      BlockMoments moments) {
    listener.step("block " + (index + 1) + ": calibrating");
    boolean dense = options.propagation() == Propagation.DENSE;
    try (Arena arena = Arena.ofShared()) {
      Stage block = running.stage(index, arena);
      moments.observe(
          block,
          new Stream(activations.states(), dense && lastPass),
          original.map(store -> new Stream(store.states(), lastPass)),
          activations.length());
    }
  }

  /** Through the weights that were written, as whoever loads them will decode them. */
  private void advance(Compute chosen, int index, ActivationStore activations) {
    listener.step("block " + (index + 1) + ": applying");
    try (Arena arena = Arena.ofShared()) {
      DecoderBlock block =
          new TransformerModel(model.layout(), output.read(arena), chosen).block(index, arena);
      block.forward(activations.states(), activations.length(), LinearInputs.IGNORED);
    }
  }

  /** The reports of a site's layers: of those that are solved now, and of those that were. */
  private List<LayerReport> solveSite(
      InputSite site, List<LinearLayer> linears, BlockMoments moments, boolean drifted) {
    List<LinearLayer> unsolved = unsolved(linears);
    Map<String, LayerReport> solved =
        unsolved.isEmpty() ? Map.of() : solve(site, unsolved, moments, drifted);
    return linears.stream()
        .map(linear -> saved.find(linear.name()).orElseGet(() -> solved.get(linear.name())))
        .toList();
  }

  private Map<String, LayerReport> solve(
      InputSite site, List<LinearLayer> linears, BlockMoments moments, boolean drifted) {
    String what = linears.getFirst().name();
    Map<String, LayerReport> reports = new HashMap<>();
    try (Arena arena = Arena.ofShared()) {
      LayerReport.Inputs inputs = moments.inputs(site);
      Matrix c = moments.finish(site, what, arena);
      boolean targeted = drifted && BlockMoments.hasDrift(site);
      try (DriftedSite drift =
              targeted ? new DriftedSite(c, moments.takeDrift(site), what, compute) : null;
          SharedFactors factors = SharedFactors.of(sharing(linears) ? memory.spare() : 0)) {
        for (LinearLayer linear : linears) {
          boolean last = linear.equals(linears.getLast());
          LayerReport report = solve(linear, c, inputs, Optional.ofNullable(drift), last, factors);
          reports.put(linear.name(), report);
        }
      }
    }
    return reports;
  }

  /** Whether what is decomposed of C serves twice: other layers, or trials of precisions. */
  private boolean sharing(List<LinearLayer> ofSite) {
    return ofSite.size() > 1 || ofSite.stream().anyMatch(layers::tries);
  }

  /**
   * Solves a layer.
   *
   * @param inputs what c is the mean of
   * @param drift of its inputs
   * @param last whether no other layer of the site needs the drift
   */
  private LayerReport solve(
      LinearLayer linear,
      Matrix c,
      LayerReport.Inputs inputs,
      Optional<DriftedSite> drift,
      boolean last,
      SharedFactors factors) {
    try (Arena arena = Arena.ofShared()) {
      Matrix w = model.weights(linear, arena);
      Matrix target = w;
      if (drift.isPresent()) {
        target = drift.get().target(w, arena);
        if (last) {
          drift.get().close();
        }
      }
      LayerReport report = layers.compress(linear, w, target, c, factors, inputs);
      saved.save(report);
      listener.layerFinished(linear.block(), report, Compressor.work(linear));
      return report;
    }
  }
}
