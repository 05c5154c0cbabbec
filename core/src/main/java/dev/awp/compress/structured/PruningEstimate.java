// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.structured;

import dev.awp.calibration.CalibrationSet;
import dev.awp.compress.CompressionOptions;
import dev.awp.compress.StructureOptions;
import dev.awp.compress.Target;
import dev.awp.compress.estimate.LeftOut;
import dev.awp.compress.estimate.WorkEstimate;
import dev.awp.model.LinearLayer;
import dev.awp.model.ModelLayout;
import dev.awp.model.Step;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What the {@link StructuredPass} takes, by the shapes of the original model, for who plans without
 * it.
 */
public final class PruningEstimate {
  private final StructurePlan plan;
  private final StructureOptions structure;
  private final ModelLayout layout;
  private final boolean drifted;

  /**
   * Of a run.
   *
   * @param layout of the original model
   */
  public PruningEstimate(CompressionOptions options, ModelLayout layout) {
    this.structure = options.structure().orElseThrow();
    this.plan = new StructurePlan(structure, layout.config());
    this.layout = layout;
    this.drifted = options.target() == Target.PROPAGATED;
  }

  /** The most memory that choosing what stays takes beside running a block, in bytes. */
  public long memoryBytes() {
    return plan.memory(drifted).bytes();
  }

  /** Its work, and what a plan without it assumes. */
  public LeftOut leftOut(CalibrationSet calibration) {
    if (structure.experts().isPresent()) {
      return new LeftOut(experts(calibration, structure.experts().get()), List.of());
    }
    return new LeftOut(blocks(calibration) + widths(calibration) + walk(calibration), sentences());
  }

  /** Scores of all experts, the blocks once with those that stay, and the first tokens' errors. */
  private double experts(CalibrationSet calibration, StructureOptions.Experts wanted) {
    int length = calibration.length();
    double measured = (double) calibration.first(ExpertPruning.TOKENS).size() * length;
    return ExpertMeasures.byName(wanted.by()).orElseThrow().flops(layout, calibration)
        + WorkEstimate.forward(layout, (double) calibration.tokens(), length)
        + 2 * WorkEstimate.forward(layout, measured, length);
  }

  private List<String> sentences() {
    List<String> sentences = new ArrayList<>();
    if (structure.blocks() > 0) {
      sentences.add("estimated: which blocks go is measured; the last ones stand for them here");
    }
    if (structure.attention() > 0) {
      sentences.add(
          "estimated: which blocks lose their attention is measured; the last ones stand for them"
              + " here");
    }
    if (isShared()) {
      sentences.add(
          "estimated: how wide each block stays is measured; here the first one stays as it is, and"
              + " the others are alike");
    } else if (plan.candidates().size() > 1) {
      sentences.add(
          "estimated: which of %s shapes the model gets is measured; layers and work here are those"
                  .formatted(plan.candidates().size())
              + " of the first, memory is that of the largest");
    }
    return sentences;
  }

  private int stay() {
    return layout.config().layers() - structure.blocks();
  }

  private boolean isShared() {
    return plan.sharesAmongBlocks(stay());
  }

  private double blocks(CalibrationSet calibration) {
    BlockMeasure measure = BlockMeasures.byName(structure.blocksBy()).orElseThrow();
    List<Integer> stay = IntStream.range(0, stay()).boxed().toList();
    double whole =
        structure.blocks() == 0
            ? 0
            : measure.flops(layout, calibration, BlockRemoval.blocks(layout, structure.blocks()));
    return structure.attention() == 0
        ? whole
        : whole
            + measure.flops(
                layout, calibration, BlockRemoval.attention(layout, stay, structure.attention()));
  }

  /** Errors at several widths, where these are measured. */
  private double widths(CalibrationSet calibration) {
    if (isShared()) {
      return curves(calibration, BlockShares.TOKENS, stay())
          + WorkEstimate.probe(layout, consumers(stay()), calibration);
    }
    return plan.candidates().size() == 1
        ? 0
        : curves(calibration, WidthSplit.TOKENS, layout.config().layers());
  }

  /** The blocks once to their inputs and once on, and a choice at every number of units. */
  private double curves(CalibrationSet calibration, int most, int blocks) {
    double tokens = (double) calibration.first(most).size() * calibration.length();
    List<LinearLayer> consumers = consumers(blocks);
    return 2 * WorkEstimate.forward(layout, tokens, calibration.length())
        + WorkEstimate.triangles(consumers, tokens)
        + consumers.stream().mapToDouble(layer -> choice(layer, true)).sum();
  }

  /**
   * The pruned stream to the inputs and on, the original's on by the way, moments of the drift too,
   * and the choices.
   */
  private double walk(CalibrationSet calibration) {
    double tokens = calibration.tokens();
    boolean refits = drifted && plan.solves();
    List<LinearLayer> chosen =
        consumers(stay()).stream()
            .filter(layer -> isMlp(layer) ? plan.removesNeurons() : plan.removesGroups())
            .toList();
    if (chosen.isEmpty() && !refits) {
      return 0;
    }
    List<LinearLayer> solved = refits ? consumers(stay()) : chosen;
    return (drifted ? 3 : 2) * WorkEstimate.forward(layout, tokens, calibration.length())
        + (drifted ? 3 : 1) * WorkEstimate.triangles(solved, tokens)
        + (refits ? 3 * WorkEstimate.triangles(makers(stay()), tokens) : 0)
        + chosen.stream().mapToDouble(layer -> choice(layer, plan.solves())).sum();
  }

  /**
   * Choosing among the columns of a layer: the sums for all of them, and half of the pivots that
   * take columns away ({@link dev.awp.structured.ColumnTableau}).
   */
  private static double choice(LinearLayer layer, boolean solves) {
    double square = (double) layer.columns() * layer.columns();
    return solves ? 2 * square * (layer.rows() + 3.5 * layer.columns()) : 0;
  }

  /** The layers that read the units of the first so many blocks. */
  private List<LinearLayer> consumers(int blocks) {
    return cuts(blocks).map(StepCut::consumer).toList();
  }

  /** One of the layers that make the units, of each step of these blocks: they read the same. */
  private List<LinearLayer> makers(int blocks) {
    return cuts(blocks).map(cut -> cut.producers().keySet().iterator().next()).toList();
  }

  private Stream<StepCut> cuts(int blocks) {
    return IntStream.range(0, blocks)
        .boxed()
        .flatMap(
            block ->
                layout.steps(block).stream()
                    .flatMap(step -> StepCut.of(layout, block, step).stream()));
  }

  private static boolean isMlp(LinearLayer layer) {
    return layer.step().equals(Step.MLP);
  }
}
