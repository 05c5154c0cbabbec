// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.walk;

import dev.awp.calibration.CrossMoment;
import dev.awp.calibration.DriftedSite;
import dev.awp.calibration.Ridge;
import dev.awp.calibration.SecondMoment;
import dev.awp.calibration.SeenInputs;
import dev.awp.calibration.SiteMoments;
import dev.awp.compress.CompressionListener;
import dev.awp.compress.run.SavedLayers;
import dev.awp.compute.Compute;
import dev.awp.model.InputSite;
import dev.awp.model.LinearLayer;
import dev.awp.model.forward.TransformerModel;
import dev.awp.report.LayerReport;
import dev.awp.solver.SharedFactors;
import dev.awp.solver.Solution;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Compresses the layers of one input site: they share C, what is made of it, and its drift. */
final class SiteCompressor {
  private final TransformerModel model;
  private final LayerCompressor layers;
  private final SavedLayers saved;
  private final double ridge;
  private final long spare;
  private final Compute compute;
  private final CompressionListener listener;

  /**
   * A compressor of sites.
   *
   * @param model the original one
   * @param ridge added to the diagonal of C, in units of its mean
   * @param spare memory for what is kept from one layer of a site to the next, in bytes
   */
  SiteCompressor(
      TransformerModel model,
      LayerCompressor layers,
      SavedLayers saved,
      double ridge,
      long spare,
      Compute compute,
      CompressionListener listener) {
    this.model = model;
    this.layers = layers;
    this.saved = saved;
    this.ridge = ridge;
    this.spare = spare;
    this.compute = compute;
    this.listener = listener;
  }

  /** Those layers that were not solved in an earlier part of the run. */
  List<LinearLayer> unsolved(List<LinearLayer> linears) {
    return linears.stream().filter(linear -> saved.find(linear.name()).isEmpty()).toList();
  }

  /**
   * The reports of a site's layers by name: of those that are solved now, and of those that were.
   *
   * @param moments of the site's inputs, where layers are to be solved
   */
  Map<String, LayerReport> compress(
      InputSite site, List<LinearLayer> linears, SiteMoments moments) {
    return compress(site, linears, moments, saving());
  }

  /** What saves every layer as soon as it is solved. */
  SolvedLayers saving() {
    return new SolvedLayers() {
      @Override
      public void solved(LinearLayer linear, Matrix target, Matrix c, Solution solution) {}

      @Override
      public void written(LayerReport report) {
        saved.save(report);
      }
    };
  }

  /** The same with something else done with layers that are solved. */
  Map<String, LayerReport> compress(
      InputSite site, List<LinearLayer> linears, SiteMoments moments, SolvedLayers solved) {
    Map<String, LayerReport> reports = new HashMap<>();
    linears.forEach(
        linear -> saved.find(linear.name()).ifPresent(r -> reports.put(linear.name(), r)));
    List<LinearLayer> unsolved = unsolved(linears);
    if (!unsolved.isEmpty()) {
      solve(site, unsolved, moments, solved, reports);
    }
    return reports;
  }

  private void solve(
      InputSite site,
      List<LinearLayer> linears,
      SiteMoments moments,
      SolvedLayers solved,
      Map<String, LayerReport> reports) {
    String what = linears.getFirst().name();
    try (Arena arena = Arena.ofShared()) {
      SeenInputs inputs = moments.inputs(site);
      Matrix c = moments.finish(site, what, arena);
      Ridge.add(c, ridge);
      try (DriftedSite drift =
              moments
                  .takeDrift(site)
                  .map(moment -> drifted(site, c, moment, moments, what))
                  .orElse(null);
          SharedFactors factors = SharedFactors.of(linears.size() > 1 ? spare : 0)) {
        for (LinearLayer linear : linears) {
          boolean last = linear.equals(linears.getLast());
          LayerReport report =
              solve(linear, c, inputs, Optional.ofNullable(drift), last, factors, solved);
          reports.put(linear.name(), report);
        }
      }
    }
  }

  /** The drift of a site's inputs, in the metric of those that it was summed of. */
  private DriftedSite drifted(
      InputSite site, Matrix c, CrossMoment moment, SiteMoments moments, String what) {
    Optional<CrossMoment> residual = moments.takeResidual(site);
    Optional<SecondMoment> some = moments.takeDrifted(site);
    if (some.isEmpty()) {
      return new DriftedSite(c, moment, residual, what, compute);
    }
    try (Arena arena = Arena.ofShared();
        SecondMoment own = some.get()) {
      Matrix metric = own.finish(what, arena);
      Ridge.add(metric, ridge);
      return new DriftedSite(metric, moment, residual, what, compute);
    }
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
      SeenInputs inputs,
      Optional<DriftedSite> drift,
      boolean last,
      SharedFactors factors,
      SolvedLayers solved) {
    try (Arena arena = Arena.ofShared()) {
      Matrix w = model.weights(linear, arena);
      Matrix target = w;
      if (drift.isPresent() && !linear.weight().equals(model.layout().embedding())) {
        // What the embedding is for the first block must not change with what the head needs.
        target = drift.get().target(w, arena);
      }
      if (last) {
        drift.ifPresent(DriftedSite::close);
      }
      Matrix wanted = target;
      LayerReport report =
          layers.compress(
              linear,
              w,
              target,
              c,
              factors,
              inputs,
              solution -> solved.solved(linear, wanted, c, solution));
      solved.written(report);
      listener.layerFinished(linear.block(), report, linear.multiplyAdds());
      return report;
    }
  }
}
