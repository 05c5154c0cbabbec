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
import dev.awp.structured.Damping;
import dev.awp.structured.KeptUnits;
import dev.awp.structured.RemovalProblem;
import dev.awp.structured.UnitChoice;
import dev.awp.structured.choice.RemovalCurve;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Prunes one step: calibrates the layer that reads its units, and chooses.
 *
 * @param model the original one
 */
record StepPruning(TransformerModel model, UnitChoice choice, Compute compute) {
  /**
   * What came of it.
   *
   * @param relativeError f(T) / f(0)
   * @param relativeDrift f(W) / f(0)
   * @param tokens that the inputs were seen of
   */
  record Pruned(KeptUnits kept, double relativeError, double relativeDrift, long tokens) {}

  /**
   * Prunes a step.
   *
   * @param kept how many units stay
   * @param seen hidden states on their way into the step
   * @param reference those of the original model, where the drift from it is made up for
   * @param arena of the weights
   */
  Pruned prune(
      StepCut cut,
      int kept,
      ActivationStore seen,
      Optional<ActivationStore> reference,
      Arena arena) {
    LinearLayer layer = cut.consumer();
    InputSite site = layer.site();
    try (StepMoments moments = moments(layer, reference.isPresent());
        Arena scratch = Arena.ofShared()) {
      observe(cut, seen, reference, moments);
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
      double all = Objective.dense(target, c, compute);
      Matrix spread = chosen.spread(cut.units(), scratch);
      return new Pruned(
          chosen,
          Objective.relative(Objective.of(target, spread, c, compute), all),
          Objective.relative(Objective.of(target, w, c, compute), all),
          inputs.tokens());
    }
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
    try (StepMoments moments = moments(layer, false);
        Arena scratch = Arena.ofShared()) {
      observe(cut, states, Optional.empty(), moments);
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

  private StepMoments moments(LinearLayer layer, boolean withDrift) {
    return new StepMoments(model.layout(), List.of(layer), withDrift, Set.of(), compute);
  }

  private void observe(
      StepCut cut, ActivationStore seen, Optional<ActivationStore> reference, StepMoments moments) {
    try (Arena arena = Arena.ofShared()) {
      moments.observe(
          stream(cut, seen, arena),
          reference.map(store -> stream(cut, store, arena)),
          seen.weights(),
          seen.length());
    }
  }

  private Stream stream(StepCut cut, ActivationStore store, Arena arena) {
    return new Stream(
        model.step(cut.consumer().block(), cut.step().step(), arena), store.states(), false);
  }
}
