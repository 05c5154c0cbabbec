// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.structured;

import dev.awp.Progress;
import dev.awp.calibration.ActivationStore;
import dev.awp.calibration.CalibrationSet;
import dev.awp.compute.Compute;
import dev.awp.model.BlockStep;
import dev.awp.model.StateColumns;
import dev.awp.model.Step;
import dev.awp.model.forward.TransformerModel;
import dev.awp.report.StructureReport.Shape;
import dev.awp.structured.choice.UnitChoices;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Shares what is to be removed between neurons and key/value groups: the errors of both kinds are
 * measured in every block of the original model, by least squares, as shares of the hidden states
 * that they are added to. The shape with the least sum is taken. Numbers of neurons are compared
 * before they are rounded, so that all shapes remove the same.
 */
record WidthSplit(
    TransformerModel model,
    CalibrationSet calibration,
    Path scratch,
    Compute compute,
    Progress progress) {
  /** Tokens that are enough to tell shapes apart. */
  static final int TOKENS = 8192;

  /** A number of units of one step of a block. */
  private record Kept(int block, String step, int units) {}

  /** A step whose outputs are not added yet, with the errors of its layer by units. */
  private record Waiting(String step, Map<Integer, Double> errors) {}

  Shape choose(StructurePlan plan, List<Shape> candidates) {
    List<Shape> exact = candidates.stream().map(plan::exact).toList();
    Map<Kept, Double> errors = errors(exact);
    int best =
        IntStream.range(0, exact.size())
            .boxed()
            .min(Comparator.comparingDouble(i -> sum(exact.get(i), errors)))
            .orElseThrow();
    return candidates.get(best);
  }

  private Map<Kept, Double> errors(List<Shape> shapes) {
    StepPruning pruning = new StepPruning(model, UnitChoices.standard(), compute);
    Map<Kept, Double> errors = new HashMap<>();
    try (ActivationStore states = ActivationStore.embed(model, calibration.first(TOKENS), scratch);
        ActivationStore before = states.copy()) {
      StateColumns columns = model.layout().columns();
      StateDistance distance = new StateDistance(compute.kernels().arithmetic(), states.weights());
      for (int block = 0; block < model.layout().config().layers(); block++) {
        int index = block;
        progress.step("block %s: measuring widths".formatted(block + 1));
        List<Waiting> waiting = new ArrayList<>();
        for (BlockStep own : model.layout().blockSteps(block)) {
          Step step = own.step();
          before.states().copyFrom(states.states());
          states.advance(model, block, step);
          StepCut.of(model.layout(), block, step)
              .map(cut -> pruning.curve(cut, kept(shapes, index, step), before))
              .ifPresent(curve -> waiting.add(new Waiting(step.name(), curve)));
          if (own.addsLater()) {
            continue;
          }
          double share =
              distance.between(columns.hidden(before.states()), columns.hidden(states.states()))
                  / distance.squares(columns.hidden(states.states()));
          for (Waiting added : waiting) {
            added
                .errors()
                .forEach(
                    (units, error) ->
                        errors.put(new Kept(index, added.step(), units), share * error));
          }
          waiting.clear();
        }
      }
    }
    return errors;
  }

  private List<Integer> kept(List<Shape> shapes, int block, Step step) {
    return shapes.stream().map(shape -> units(shape, block, step)).distinct().toList();
  }

  /** How many units of a step stay; 0 where it has none. */
  private int units(Shape shape, int block, Step step) {
    return PrunedCheckpoint.units(model.layout().config(), block, step, shape.size(0));
  }

  private double sum(Shape shape, Map<Kept, Double> errors) {
    double sum = 0;
    for (int block = 0; block < model.layout().config().layers(); block++) {
      for (Step step : model.layout().steps(block)) {
        // Recurrences have no units.
        sum += errors.getOrDefault(new Kept(block, step.name(), units(shape, block, step)), 0.0);
      }
    }
    return sum;
  }
}
