// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.structured;

import dev.awp.calibration.ActivationStore;
import dev.awp.calibration.DriftedSite;
import dev.awp.calibration.SeenInputs;
import dev.awp.calibration.StepMoments;
import dev.awp.calibration.StepMoments.Stream;
import dev.awp.compute.Compute;
import dev.awp.model.InputSite;
import dev.awp.model.LinearLayer;
import dev.awp.model.forward.TransformerModel;
import dev.awp.solver.Objective;
import dev.awp.stored.CutTensor;
import dev.awp.stored.TensorEncoder;
import dev.awp.stored.TensorReader;
import dev.awp.stored.TensorView;
import dev.awp.structured.Damping;
import dev.awp.structured.KeptUnits;
import dev.awp.structured.RemovalProblem;
import dev.awp.structured.UnitChoice;
import dev.awp.structured.choice.RemovalCurve;
import dev.awp.tensor.DType;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Prunes one step: calibrates the layers that make its units, and gives them weights that make up
 * for the drift of their inputs; calibrates the layer that reads the units on what they then
 * deliver, and chooses.
 *
 * @param model the original one
 */
record StepPruning(TransformerModel model, UnitChoice choice, Compute compute) {
  /**
   * What came of it.
   *
   * @param weights by the name of the tensor, of the layers that have others than the original's:
   *     what stays of them
   * @param relativeError f(T) / f(0)
   * @param relativeDrift f(W) / f(0)
   * @param tokens that the inputs were seen of
   */
  record Pruned(
      KeptUnits kept,
      Map<String, Matrix> weights,
      double relativeError,
      double relativeDrift,
      long tokens) {}

  /**
   * Prunes a step.
   *
   * @param kept how many units stay
   * @param seen hidden states on their way into the step
   * @param reference those of the original model, where the drift from it is made up for; they
   *     become what its step makes of them
   * @param written how the weights of a layer will be stored, where its inputs have drifted and it
   *     makes up for that too; nothing where they have not
   * @param arena of the weights
   */
  Pruned prune(
      StepCut cut,
      int kept,
      ActivationStore seen,
      Optional<ActivationStore> reference,
      Optional<Function<LinearLayer, DType>> written,
      Arena arena) {
    LinearLayer layer = cut.consumer();
    InputSite site = layer.site();
    try (StepMoments moments = moments(List.of(layer), reference.isPresent());
        Arena scratch = Arena.ofShared()) {
      Map<LinearLayer, TensorView> makers =
          reference.isPresent() && written.isPresent() && choice.compensates()
              ? makers(cut, seen, reference.get(), written.get(), scratch)
              : Map.of();
      TransformerModel through = model;
      for (TensorView maker : makers.values()) {
        through = through.with(maker);
      }
      observe(cut, through, seen, reference, true, moments);
      SeenInputs inputs = moments.inputs(site);
      Matrix c = moments.finish(site, layer.name(), scratch);
      Matrix w = model.weights(layer, scratch);
      Matrix target = w;
      if (reference.isPresent()) {
        try (DriftedSite drift =
            new DriftedSite(
                c,
                moments.takeDrift(site).orElseThrow(),
                moments.takeResidual(site),
                layer.name(),
                compute)) {
          target = drift.target(w, scratch);
        }
      }
      RemovalProblem problem =
          new RemovalProblem(
              choice.compensates() ? target : w,
              c,
              cut.units(),
              kept,
              Damping.of(inputs.tokens(), c.columns()));
      KeptUnits chosen = choice.choose(problem, compute, arena);
      Map<String, Matrix> weights = new HashMap<>();
      makers.forEach(
          (maker, refitted) ->
              weights.put(
                  maker.weight(),
                  rows(refitted, cut.rows(maker, StructuredPass.indices(chosen.units())), arena)));
      if (choice.compensates()) {
        weights.put(layer.weight(), chosen.weights());
      }
      double all = Objective.dense(target, c, compute);
      Matrix spread = chosen.spread(cut.units(), scratch);
      return new Pruned(
          chosen,
          weights,
          Objective.relative(Objective.of(target, spread, c, compute), all),
          Objective.relative(Objective.of(target, w, c, compute), all),
          inputs.tokens());
    }
  }

  private Matrix rows(TensorView all, int[] wanted, Arena arena) {
    TensorReader reader = new TensorReader(compute.kernels());
    Matrix rows = Matrix.allocate(arena, wanted.length, CutTensor.columns(all));
    for (int row = 0; row < wanted.length; row++) {
      reader.decodeRows(all, wanted[row], rows.rowRange(row, row + 1));
    }
    return rows;
  }

  /**
   * The layers that make the units, with weights that make up for the drift of their inputs, as
   * they will be stored. All rows of them: what stays is chosen by what they deliver.
   */
  private Map<LinearLayer, TensorView> makers(
      StepCut cut,
      ActivationStore seen,
      ActivationStore reference,
      Function<LinearLayer, DType> written,
      Arena arena) {
    List<LinearLayer> makers = List.copyOf(cut.producers().keySet());
    // They read the same inputs.
    InputSite site = makers.getFirst().site();
    String what = makers.getFirst().name();
    Map<LinearLayer, TensorView> refitted = new LinkedHashMap<>();
    try (StepMoments moments = moments(makers, true);
        Arena scratch = Arena.ofShared()) {
      observe(cut, model, seen, Optional.of(reference), false, moments);
      Matrix c = moments.finish(site, what, scratch);
      try (DriftedSite drift =
          new DriftedSite(
              c, moments.takeDrift(site).orElseThrow(), Optional.empty(), what, compute)) {
        for (LinearLayer maker : makers) {
          try (Arena own = Arena.ofShared()) {
            Matrix target = drift.target(model.weights(maker, own), own);
            refitted.put(maker, stored(maker, target, written.apply(maker), arena));
          }
        }
      }
    }
    return refitted;
  }

  private TensorView stored(LinearLayer layer, Matrix weights, DType type, Arena arena) {
    return new TensorView(
        layer.weight(),
        type,
        List.of((long) weights.rows(), (long) weights.columns()),
        Path.of("memory"),
        0,
        new TensorEncoder(compute.kernels()).encode(layer.weight(), weights, type, arena));
  }

  /**
   * What fewer units cost, as shares of f(0), without drift and exchanges.
   *
   * @param kept numbers of units
   * @param states of the original model
   */
  Map<Integer, Double> curve(StepCut cut, List<Integer> kept, ActivationStore states) {
    return curve(cut, kept, states, -1, _ -> {});
  }

  /**
   * The same.
   *
   * @param at one of the numbers
   * @param weights are told what the layer is then, zeros in the place of what was removed
   */
  Map<Integer, Double> curve(
      StepCut cut, List<Integer> kept, ActivationStore states, int at, Consumer<Matrix> weights) {
    LinearLayer layer = cut.consumer();
    try (StepMoments moments = moments(List.of(layer), false);
        Arena scratch = Arena.ofShared()) {
      observe(cut, model, states, Optional.empty(), false, moments);
      long tokens = moments.inputs(layer.site()).tokens();
      Matrix c = moments.finish(layer.site(), layer.name(), scratch);
      Matrix w = model.weights(layer, scratch);
      RemovalProblem problem =
          new RemovalProblem(
              w, c, cut.units(), Collections.min(kept), Damping.of(tokens, c.columns()));
      double all = Objective.dense(w, c, compute);
      Map<Integer, Double> errors = new HashMap<>();
      RemovalCurve.of(
              problem,
              kept,
              compute,
              (units, found) -> {
                if (units == at) {
                  weights.accept(found.apply(scratch).spread(cut.units(), scratch));
                }
              })
          .forEach((units, objective) -> errors.put(units, Objective.relative(objective, all)));
      return errors;
    }
  }

  private StepMoments moments(List<LinearLayer> layers, boolean withDrift) {
    return new StepMoments(model.layout(), layers, withDrift, Set.of(), compute);
  }

  /** Sums what layers see; the reference goes on through the step on that way, where it should. */
  private void observe(
      StepCut cut,
      TransformerModel through,
      ActivationStore seen,
      Optional<ActivationStore> reference,
      boolean advance,
      StepMoments moments) {
    try (Arena arena = Arena.ofShared()) {
      moments.observe(
          stream(cut, through, seen, false, arena),
          reference.map(store -> stream(cut, model, store, advance, arena)),
          seen.weights(),
          seen.length());
    }
  }

  private static Stream stream(
      StepCut cut, TransformerModel through, ActivationStore store, boolean advance, Arena arena) {
    return new Stream(
        through.step(cut.consumer().block(), cut.step().step(), arena), store.states(), advance);
  }
}
