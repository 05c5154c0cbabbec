// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.structured;

import dev.awp.Progress;
import dev.awp.calibration.ActivationStore;
import dev.awp.calibration.CalibrationSet;
import dev.awp.compute.Compute;
import dev.awp.kernel.ArithmeticKernels;
import dev.awp.model.Step;
import dev.awp.model.forward.TransformerModel;
import dev.awp.model.sublayer.LinearInputs;
import dev.awp.report.StructureReport.Shape;
import dev.awp.structured.choice.UnitChoices;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
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
      for (int block = 0; block < model.layout().config().layers(); block++) {
        int index = block;
        progress.step("block %s: measuring widths".formatted(block + 1));
        for (Step step : model.layout().steps(block)) {
          before.states().copyFrom(states.states());
          try (Arena arena = Arena.ofShared()) {
            model
                .step(block, step, arena)
                .forward(states.states(), states.length(), LinearInputs.IGNORED);
          }
          double share = distance(before.states(), states.states()) / squares(states.states());
          List<Integer> kept = shapes.stream().map(shape -> units(shape, step)).distinct().toList();
          pruning
              .curve(StepCut.of(model.layout(), block, step), kept, before)
              .forEach(
                  (units, error) -> errors.put(new Kept(index, step.name(), units), share * error));
        }
      }
    }
    return errors;
  }

  private static int units(Shape shape, Step step) {
    return step.equals(Step.MLP) ? shape.neurons() : shape.groups();
  }

  private double sum(Shape shape, Map<Kept, Double> errors) {
    double sum = 0;
    for (int block = 0; block < model.layout().config().layers(); block++) {
      for (Step step : model.layout().steps(block)) {
        sum += errors.get(new Kept(block, step.name(), units(shape, step)));
      }
    }
    return sum;
  }

  /** Of some rows from others, squared; rounded to float32 number by number. */
  private double distance(Matrix some, Matrix other) {
    ArithmeticKernels arithmetic = compute.kernels().arithmetic();
    double sum = 0;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment difference = arena.allocate(ValueLayout.JAVA_FLOAT, some.columns());
      for (int row = 0; row < some.rows(); row++) {
        arithmetic.subtract(some.row(row), other.row(row), difference);
        sum += arithmetic.dot(difference, difference);
      }
    }
    return sum;
  }

  private double squares(Matrix states) {
    double sum = 0;
    for (int row = 0; row < states.rows(); row++) {
      sum += compute.kernels().arithmetic().dot(states.row(row), states.row(row));
    }
    return sum;
  }
}
