// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.walk;

import dev.awp.Progress;
import dev.awp.calibration.ActivationStore;
import dev.awp.calibration.ExpertCoverage;
import dev.awp.calibration.ForwardTrial;
import dev.awp.calibration.StepMoments;
import dev.awp.calibration.StepMoments.Kept;
import dev.awp.calibration.StepMoments.Stream;
import dev.awp.compress.Propagation;
import dev.awp.compress.memory.MemoryPlan;
import dev.awp.compress.plan.Schemes;
import dev.awp.compress.run.ModelOutput;
import dev.awp.compute.Compute;
import dev.awp.model.InputSite;
import dev.awp.model.LinearLayer;
import dev.awp.model.Step;
import dev.awp.model.WeightSource;
import dev.awp.model.forward.Stage;
import dev.awp.model.forward.TransformerModel;
import dev.awp.report.LayerReport;
import dev.awp.text.TokenWeights;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * Compresses one decoder block, or the head behind the last one, step by step: calibrates the
 * step's input sites, solves their layers, moves the activations on. Where activations are those of
 * the compressed model, a step's last layers see what its first ones have become. A step's weights
 * are in memory only while activations pass through them; a layer is decoded again when it is
 * solved, which costs seconds where solving costs minutes.
 */
final class BlockCompressor {
  private final Schemes schemes;
  private final MemoryPlan memory;
  private final TransformerModel model;
  private final ModelOutput output;
  private final SiteCompressor sites;
  private final Optional<BlockTuner> tuner;
  private final Compute compute;
  private final Progress progress;

  BlockCompressor(
      Schemes schemes,
      MemoryPlan memory,
      TransformerModel model,
      ModelOutput output,
      SiteCompressor sites,
      Optional<BlockTuner> tuner,
      Compute compute,
      Progress progress) {
    this.schemes = schemes;
    this.memory = memory;
    this.model = model;
    this.output = output;
    this.sites = sites;
    this.tuner = tuner;
    this.compute = compute;
    this.progress = progress;
  }

  /**
   * The activations of the calibration on their way through the model.
   *
   * @param compressed go through the compressed layers; empty with {@link Propagation#DENSE}
   * @param original go through the original ones; empty where nobody asks for them, with {@link
   *     Target#DENSE}
   */
  record Streams(Optional<ActivationStore> compressed, Optional<ActivationStore> original) {
    Streams {
      if (compressed.isEmpty() && original.isEmpty()) {
        throw new IllegalArgumentException("no activations");
      }
    }

    /** What layers are calibrated on. */
    ActivationStore inputs() {
      return compressed.or(() -> original).orElseThrow();
    }

    /** Whether layers make up for the drift of their inputs. */
    boolean drift() {
      return compressed.isPresent() && original.isPresent();
    }
  }

  /**
   * Compresses a block, as far as that was not done in an earlier part of the run, and advances the
   * activations to the inputs of the next one.
   *
   * @param last whether nothing comes after, so that the activations need not advance
   */
  List<LayerReport> compress(int index, Streams streams, boolean last) {
    ActivationStore inputs = streams.inputs();
    Compute chosen = ForwardTrial.choose(model, index, inputs.states(), inputs.length(), compute);
    if (tuner.filter(some -> some.tunes(index)).isPresent()
        && !sites.unsolved(schemes.layers(index)).isEmpty()) {
      return tune(index, streams, last, chosen);
    }
    List<LayerReport> reports = new ArrayList<>();
    List<Step> steps = model.layout().steps(index);
    for (Step step : steps) {
      boolean ends = last && step.equals(steps.getLast());
      reports.addAll(compress(new Place(index, step, chosen), streams, ends, sites.saving()));
    }
    return reports;
  }

  /**
   * Compresses a block, and tunes it to make of the compressed stream's activations what the
   * original block makes of the original's, or of the same ones where there is no other stream.
   */
  private List<LayerReport> tune(int index, Streams streams, boolean last, Compute chosen) {
    List<Place> places =
        model.layout().steps(index).stream().map(step -> new Place(index, step, chosen)).toList();
    try (ActivationStore inputs = streams.inputs().copy();
        ActivationStore same = streams.original().isPresent() ? null : streams.inputs().copy();
        BlockTuner.Solved solved = tuner.orElseThrow().begin()) {
      for (Place place : places) {
        boolean ends = place.equals(places.getLast());
        compress(place, streams, ends, solved);
        if (ends) {
          streams.original().ifPresent(store -> pass(place, store));
        }
        Optional.ofNullable(same).ifPresent(store -> pass(place, store));
      }
      progress.step(places.getFirst().doing("tuning"));
      ActivationStore outputs = streams.original().orElse(same);
      Map<String, LayerReport> reports = solved.tune(index, inputs.states(), outputs);
      if (!last && streams.compressed().isPresent()) {
        ActivationStore store = streams.compressed().get();
        store.states().copyFrom(inputs.states());
        places.forEach(place -> advance(place, this::written, store, "applying"));
      }
      return schemes.layers(index).stream().map(layer -> reports.get(layer.name())).toList();
    }
  }

  /** Moves activations on through the original step. */
  private void pass(Place place, ActivationStore store) {
    advance(place, _ -> model, store, "passing through");
  }

  /**
   * A step of a block.
   *
   * @param compute what its calibration runs on
   */
  private record Place(int index, Step step, Compute compute) {
    private String doing(String what) {
      return "block %s: %s".formatted(index + 1, what);
    }
  }

  private List<LayerReport> compress(
      Place place, Streams streams, boolean last, SolvedLayers results) {
    List<LinearLayer> planned =
        schemes.layers(place.index()).stream()
            .filter(layer -> layer.step().equals(place.step()))
            .toList();
    Set<InputSite> starved =
        ExpertCoverage.starved(model, place.index(), planned, streams.inputs(), progress);
    Map<String, LayerReport> reports = new HashMap<>();
    List<LinearLayer> solved = new ArrayList<>();
    boolean passed = false;
    Optional<Kept> kept = Optional.empty();
    List<Map<InputSite, List<LinearLayer>>> passes = memory.passes(planned);
    for (int i = 0; i < passes.size(); i++) {
      Map<InputSite, List<LinearLayer>> pass = passes.get(i);
      List<LinearLayer> ofPass = pass.values().stream().flatMap(List::stream).toList();
      List<LinearLayer> linears = sites.unsolved(ofPass);
      // The last pass takes what goes through the original step on its way.
      boolean advance = i == passes.size() - 1 && !last && !linears.isEmpty();
      kept = advance ? room(place, streams, pass.keySet()) : Optional.empty();
      try (StepMoments moments =
          new StepMoments(model.layout(), linears, streams.drift(), starved, place.compute())) {
        if (!linears.isEmpty()) {
          calibrate(place, streams, solved, advance, kept, moments);
        }
        pass.forEach(
            (site, ofSite) -> reports.putAll(sites.compress(site, ofSite, moments, results)));
      }
      passed = advance;
      solved.addAll(ofPass);
    }
    if (!last) {
      advance(place, streams, passed, kept);
    }
    return planned.stream().map(layer -> reports.get(layer.name())).toList();
  }

  /**
   * Room for what the compressed stream brings to a step's last layers, so that it need not go
   * through the first ones again once the last ones are compressed: all before them are.
   *
   * @param sites that are calibrated
   */
  private Optional<Kept> room(Place place, Streams streams, Set<InputSite> sites) {
    if (streams.compressed().isEmpty()) {
      return Optional.empty();
    }
    try (Arena arena = Arena.ofShared()) {
      return model
          .step(place.index(), place.step(), arena)
          .end()
          .map(Stage.End::site)
          .filter(site -> sites.equals(Set.of(site)))
          .flatMap(
              site ->
                  streams
                      .compressed()
                      .get()
                      .room(columns(place, site))
                      .map(room -> new Kept(site, room)));
    }
  }

  private int columns(Place place, InputSite site) {
    return model.layout().linears(place.index()).stream()
        .filter(linear -> linear.site().equals(site))
        .mapToInt(LinearLayer::columns)
        .findFirst()
        .orElseThrow();
  }

  private void calibrate(
      Place place,
      Streams streams,
      List<LinearLayer> solved,
      boolean advance,
      Optional<Kept> kept,
      StepMoments moments) {
    progress.step(place.doing("calibrating"));
    try (Arena arena = Arena.ofShared()) {
      Optional<Stream> original =
          streams.original().map(store -> stream(place, model, store, advance, arena));
      Optional<Stream> compressed =
          streams
              .compressed()
              .map(store -> stream(place, soFar(solved, arena), store, false, arena))
              .map(stream -> stream.keeping(kept));
      int length = streams.inputs().length();
      TokenWeights weights = streams.inputs().weights();
      if (compressed.isPresent()) {
        moments.observe(compressed.get(), original, weights, length);
      } else {
        moments.observe(original.orElseThrow(), Optional.empty(), weights, length);
      }
    }
  }

  private static Stream stream(
      Place place, TransformerModel through, ActivationStore store, boolean advance, Arena arena) {
    return new Stream(
        through.on(place.compute()).step(place.index(), place.step(), arena),
        store.states(),
        advance);
  }

  /** The model with some of its layers as they were written. */
  private TransformerModel soFar(List<LinearLayer> solved, Arena arena) {
    if (solved.isEmpty()) {
      return model;
    }
    WeightSource written = output.read(arena);
    TransformerModel mixed = model;
    for (LinearLayer layer : solved) {
      mixed = mixed.with(written.tensor(layer.weight()));
    }
    return mixed;
  }

  /**
   * Moves the activations on: through the weights that were written, as whoever loads them will
   * decode them, and through the original ones.
   *
   * @param passed whether those that go through the original step have done so
   * @param kept what those that go through the written one bring to its last layers
   */
  private void advance(Place place, Streams streams, boolean passed, Optional<Kept> kept) {
    streams.original().filter(_ -> !passed).ifPresent(store -> pass(place, store));
    if (kept.isPresent()) {
      finish(place, streams.compressed().orElseThrow(), kept.get());
    } else {
      streams.compressed().ifPresent(store -> advance(place, this::written, store, "applying"));
    }
  }

  private void finish(Place place, ActivationStore store, Kept kept) {
    progress.step(place.doing("applying"));
    try (Arena arena = Arena.ofShared()) {
      stream(place, written(arena), store, true, arena)
          .stage()
          .end()
          .orElseThrow()
          .forward(kept.inputs(), store.states(), store.length());
    }
  }

  private void advance(
      Place place, Function<Arena, TransformerModel> through, ActivationStore store, String what) {
    progress.step(place.doing(what));
    try (Arena arena = Arena.ofShared()) {
      stream(place, through.apply(arena), store, true, arena).pass(store.length());
    }
  }

  private TransformerModel written(Arena arena) {
    return new TransformerModel(model.layout(), output.read(arena), compute);
  }
}
