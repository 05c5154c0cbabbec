// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.structured;

import dev.awp.Progress;
import dev.awp.calibration.ActivationStore;
import dev.awp.calibration.CalibrationSet;
import dev.awp.compress.measure.Influence;
import dev.awp.compute.Compute;
import dev.awp.model.LinearLayer;
import dev.awp.model.Step;
import dev.awp.model.forward.TransformerModel;
import dev.awp.report.StructureReport.Shape;
import dev.awp.report.StructureReport.Size;
import dev.awp.structured.choice.UnitChoices;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Shares what is to be removed among blocks, and between neurons and key/value groups: by the error
 * of each step at every number of units that may stay, by least squares in the original model,
 * times what a unit of that error does to the predictions ({@link Influence}). What costs least for
 * each weight goes first ({@link UnitBudget}).
 */
record BlockShares(
    TransformerModel model,
    CalibrationSet calibration,
    Path scratch,
    Compute compute,
    Progress progress) {
  /** Tokens that are enough to tell blocks apart. */
  static final int TOKENS = 8192;

  /** Of a step so many numbers of units are measured at most. */
  private static final int POINTS = 64;

  /** A step whose errors were measured. */
  private record Measured(
      int block, boolean neurons, LinearLayer layer, Map<Integer, Double> errors, int probed) {}

  Shape choose(StructurePlan plan, List<Integer> kept) {
    List<Measured> measured = new ArrayList<>();
    Map<LinearLayer, Double> divergences;
    try (ActivationStore states = ActivationStore.embed(model, calibration.first(TOKENS), scratch);
        Influence influence = Influence.of(model, calibration, scratch)) {
      for (int block = 0; block < model.layout().config().layers(); block++) {
        progress.step("block %s: measuring what its loss does".formatted(block + 1));
        for (Step step : model.layout().steps(block)) {
          if (kept.contains(block)) {
            measured.add(measure(plan, block, step, states, influence));
          }
          states.advance(model, block, step);
        }
        influence.advance(block);
      }
      divergences = influence.divergences();
    }
    return shape(plan, kept, measured, divergences);
  }

  private Measured measure(
      StructurePlan plan, int block, Step step, ActivationStore states, Influence influence) {
    StepCut cut = StepCut.of(model.layout(), block, step).orElseThrow();
    boolean neurons = step.equals(Step.MLP);
    List<Integer> numbers = numbers(plan, neurons);
    int probed = numbers.get(numbers.size() / 2);
    Map<Integer, Double> errors =
        new StepPruning(model, UnitChoices.standard(), compute)
            .curve(
                cut, numbers, states, probed, weights -> influence.probe(cut.consumer(), weights));
    return new Measured(block, neurons, cut.consumer(), errors, probed);
  }

  /** Numbers of units that may stay, the most first. */
  private static List<Integer> numbers(StructurePlan plan, boolean neurons) {
    if (!neurons) {
      int all = plan.before().groups();
      return IntStream.range(0, all).mapToObj(removed -> all - removed).toList();
    }
    int all = plan.before().neurons();
    int steps = Math.ceilDiv(all - plan.leastNeurons(), plan.multiple());
    int stride = plan.multiple() * Math.max(1, Math.ceilDiv(steps, POINTS));
    List<Integer> numbers = new ArrayList<>(List.of(all));
    int first = Math.floorDiv(all - 1, plan.multiple()) * plan.multiple();
    for (int kept = first; kept >= plan.leastNeurons(); kept -= stride) {
      numbers.add(kept);
    }
    return numbers;
  }

  private static Shape shape(
      StructurePlan plan,
      List<Integer> kept,
      List<Measured> measured,
      Map<LinearLayer, Double> divergences) {
    Map<Measured, Integer> units = new HashMap<>();
    measured.forEach(
        step -> units.put(step, step.neurons() ? plan.before().neurons() : plan.before().groups()));
    for (StructurePlan.Wanted wanted : plan.wanted(kept.size())) {
      List<Measured> steps =
          measured.stream()
              .filter(step -> step.neurons() ? wanted.neurons() : wanted.groups())
              .toList();
      List<UnitBudget.Curve> curves =
          steps.stream().map(step -> curve(plan, step, divergences)).toList();
      List<Integer> chosen = UnitBudget.share(curves, wanted.weights());
      IntStream.range(0, steps.size()).forEach(i -> units.put(steps.get(i), chosen.get(i)));
    }
    List<Size> sizes = new ArrayList<>();
    for (int block : kept) {
      int neurons = 0;
      int groups = 0;
      for (Measured step : measured) {
        if (step.block() == block && step.neurons()) {
          neurons = units.get(step);
        } else if (step.block() == block) {
          groups = units.get(step);
        }
      }
      sizes.add(new Size(neurons, groups));
    }
    return Shape.of(kept, sizes);
  }

  /** In nats a token. */
  private static UnitBudget.Curve curve(
      StructurePlan plan, Measured step, Map<LinearLayer, Double> divergences) {
    double probed = step.errors().get(step.probed());
    double unit = probed > 0 ? divergences.get(step.layer()) / probed : 1;
    Map<Integer, Double> costs = new HashMap<>();
    step.errors().forEach((units, error) -> costs.put(units, unit * error));
    return new UnitBudget.Curve(
        step.neurons() ? plan.weightsOf(0, 1) : plan.weightsOf(1, 0), costs);
  }
}
