// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.structured;

import dev.awp.Progress;
import dev.awp.calibration.ActivationStore;
import dev.awp.calibration.CalibrationSet;
import dev.awp.checkpoint.Checkpoint;
import dev.awp.compress.CompressionOptions;
import dev.awp.compress.Propagation;
import dev.awp.compress.StructureOptions;
import dev.awp.compress.Target;
import dev.awp.compress.run.SavedSteps;
import dev.awp.compute.Compute;
import dev.awp.disk.WrittenPiece;
import dev.awp.model.LinearLayer;
import dev.awp.model.ModelLayout;
import dev.awp.model.Step;
import dev.awp.model.forward.TransformerModel;
import dev.awp.report.StructureReport;
import dev.awp.report.StructureReport.Part;
import dev.awp.report.StructureReport.Shape;
import dev.awp.report.StructureReport.Size;
import dev.awp.structured.UnitChoice;
import dev.awp.structured.choice.UnitChoices;
import dev.awp.tensor.DType;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * Makes the pruned model, block by block: the inputs of the layers that read neurons and heads are
 * calibrated on what the pruned blocks before deliver, units are chosen and made up for, and the
 * activations move on through what was written. Beside them goes the original model, removed blocks
 * included: what its hidden states are is what the next layer that is solved for aims at.
 */
public final class StructuredPass {
  private final CompressionOptions options;
  private final StructureOptions structure;
  private final Checkpoint original;
  private final CalibrationSet calibration;
  private final SavedSteps saved;
  private final Compute compute;
  private final Progress progress;
  private final TransformerModel model;
  private final UnitChoice choice;

  /**
   * A pass.
   *
   * @param saved what earlier parts of the run finished of it
   */
  public StructuredPass(
      CompressionOptions options,
      Checkpoint original,
      CalibrationSet calibration,
      SavedSteps saved,
      Compute compute,
      Progress progress) {
    this.options = options;
    this.structure = options.structure().orElseThrow();
    this.original = original;
    this.calibration = calibration;
    this.saved = saved;
    this.compute = compute;
    this.progress = progress;
    this.model = new TransformerModel(ModelLayout.of(original.config()), original::tensor, compute);
    this.choice = UnitChoices.byName(structure.by()).orElseThrow();
  }

  /** Makes the model, in the folder of {@link SavedSteps}; what was made before stays. */
  public StructureReport run(StructurePlan plan) {
    Shape shape = saved.shape().orElseGet(() -> measured(plan));
    PrunedCheckpoint pruned = new PrunedCheckpoint(original, shape);
    List<Part> parts = List.of();
    try (PrunedFolder folder =
        PrunedFolder.create(saved.folder(), pruned, options.maxShardBytes(), compute)) {
      Shape before = plan.before();
      List<Size> sizes = IntStream.range(0, shape.blocks().size()).mapToObj(shape::size).toList();
      boolean narrower =
          sizes.stream()
                  .anyMatch(
                      size ->
                          size.neurons() < before.neurons()
                              || (size.hasAttention() && size.groups() < before.groups()))
              || shape.experts() < before.experts();
      boolean shorter =
          shape.blocks().size() < before.blocks().size()
              || !sizes.stream().allMatch(Size::hasAttention);
      if (narrower || (shorter && choice.compensates() && drifts())) {
        parts = restored(pruned, folder).orElseGet(() -> walk(pruned, folder));
      } else {
        copy(pruned, folder);
      }
      folder.finish();
    }
    return new StructureReport(shape, plan.before(), plan.multiple(), plan.share(shape), parts);
  }

  private boolean drifts() {
    return options.target() == Target.PROPAGATED && structure.experts().isEmpty();
  }

  /** How much of what, and which blocks, where that is not said. */
  private Shape measured(StructurePlan plan) {
    List<Integer> kept = plan.before().blocks();
    if (structure.blocks() > 0) {
      List<Integer> removed = chosen(BlockRemoval.blocks(model.layout(), structure.blocks()));
      kept = kept.stream().filter(block -> !removed.contains(block)).toList();
    }
    Shape shape = widths(plan, kept);
    if (structure.attention() > 0) {
      shape =
          shape.withoutAttention(
              chosen(BlockRemoval.attention(model.layout(), kept, structure.attention())));
    }
    saved.save(shape);
    return shape;
  }

  private List<Integer> chosen(BlockRemoval removal) {
    return BlockMeasures.byName(structure.blocksBy())
        .orElseThrow()
        .choose(model, calibration, removal, saved.scratchFolder(), progress);
  }

  /** How much of what stays in these blocks. */
  private Shape widths(StructurePlan plan, List<Integer> kept) {
    if (plan.sharesAmongBlocks(kept.size())) {
      return new BlockShares(model, calibration, saved.scratchFolder(), compute, progress)
          .choose(plan, kept);
    }
    List<Shape> candidates = plan.candidates();
    Shape shape =
        candidates.size() == 1
            ? candidates.getFirst()
            : new WidthSplit(model, calibration, saved.scratchFolder(), compute, progress)
                .choose(plan, candidates);
    return shape.of(kept);
  }

  /** Blocks as they are. */
  private static void copy(PrunedCheckpoint pruned, PrunedFolder folder) {
    for (int block : pruned.shape().blocks()) {
      for (Cut cut : pruned.cuts(block)) {
        var _ = folder.write(cut, IntStream.range(0, cut.count()).toArray(), Map.of());
      }
    }
  }

  /** All steps, where an earlier part of the run finished the last of them. */
  private Optional<List<Part>> restored(PrunedCheckpoint pruned, PrunedFolder folder) {
    List<Part> parts = new ArrayList<>();
    for (int block : pruned.shape().blocks()) {
      for (Cut cut : pruned.cuts(block)) {
        Optional<Part> part =
            saved
                .find(block, cut.step().step().name())
                .filter(found -> folder.restore(saved.pieces(found)));
        if (part.isEmpty()) {
          return Optional.empty();
        }
        parts.add(part.get());
      }
    }
    return Optional.of(parts);
  }

  private List<Part> walk(PrunedCheckpoint pruned, PrunedFolder folder) {
    List<Part> parts = new ArrayList<>();
    boolean changed = false;
    try (ActivationStore seen =
            ActivationStore.embed(model, calibration.windows(), saved.scratchFolder());
        ActivationStore dense = drifts() ? seen.copy() : null) {
      Optional<ActivationStore> reference = Optional.ofNullable(dense);
      int last = pruned.shape().blocks().getLast();
      for (int block = 0; block <= last; block++) {
        boolean stays = pruned.shape().blocks().contains(block);
        for (Step step : pruned.before().steps(block)) {
          boolean there = stays && pruned.has(block, step);
          Optional<Cut> cut = there ? pruned.cut(block, step) : Optional.empty();
          if (cut.isPresent()) {
            Part part =
                part(
                    cut.get(),
                    pruned.kept(cut.get()),
                    pruned.index(block),
                    folder,
                    seen,
                    reference,
                    changed);
            parts.add(part);
            changed |= part.kept().size() < cut.get().count();
          } else {
            passReference(block, step, reference);
          }
          advance(block, step, there ? pruned.index(block) : -1, folder, seen);
          changed |= !there;
        }
      }
    }
    return parts;
  }

  /**
   * One step: restored, copied or pruned. The reference goes on through the original's.
   *
   * @param kept how many units stay
   * @param index of the block in the pruned model
   */
  private Part part(
      Cut cut,
      int kept,
      int index,
      PrunedFolder folder,
      ActivationStore seen,
      Optional<ActivationStore> reference,
      boolean changed) {
    String step = cut.step().step().name();
    int block = cut.step().block();
    Optional<Part> before = saved.find(block, step);
    if (before.isPresent()) {
      if (folder.restore(saved.pieces(before.get()))) {
        passReference(block, cut.step().step(), reference);
        return before.get();
      }
      progress.step(
          "block %s: what was saved of %s is damaged, it is pruned again"
              .formatted(block + 1, step));
    }
    boolean refits = choice.compensates() && changed && reference.isPresent();
    if (kept == cut.count() && !refits) {
      passReference(block, cut.step().step(), reference);
      int[] all = IntStream.range(0, kept).toArray();
      return save(
          new Part(block, step, IntStream.of(all).boxed().toList(), 0, 0, 0),
          folder,
          folder.write(cut, all, Map.of()));
    }
    progress.step("block %s: pruning %s".formatted(block + 1, step));
    return switch (cut) {
      case StepCut own -> pruned(own, kept, folder, seen, reference, changed);
      case ExpertCut own -> pruned(own, kept, index, folder, seen);
    };
  }

  private Part pruned(
      StepCut cut,
      int kept,
      PrunedFolder folder,
      ActivationStore seen,
      Optional<ActivationStore> reference,
      boolean changed) {
    Optional<Function<LinearLayer, DType>> written =
        changed
            ? Optional.of(layer -> original.tensor(layer.weight()).type().written())
            : Optional.empty();
    try (Arena arena = Arena.ofShared()) {
      StepPruning.Pruned pruned =
          new StepPruning(model, choice, compute).prune(cut, kept, seen, reference, written, arena);
      return save(
          new Part(
              cut.step().block(),
              cut.step().step().name(),
              pruned.kept().units(),
              pruned.relativeError(),
              pruned.relativeDrift(),
              pruned.tokens()),
          folder,
          folder.write(cut, indices(pruned.kept().units()), pruned.weights()));
    }
  }

  private Part pruned(
      ExpertCut cut, int kept, int index, PrunedFolder folder, ActivationStore seen) {
    ExpertMeasure measure =
        ExpertMeasures.byName(structure.experts().orElseThrow().by()).orElseThrow();
    ExpertPruning pruning = new ExpertPruning(model, measure);
    Part part = pruning.prune(cut, kept, seen);
    List<WrittenPiece> pieces = folder.write(cut, indices(part.kept()), Map.of());
    try (Arena arena = Arena.ofShared()) {
      double error = pruning.error(cut, folder.model(arena), index, seen);
      return save(part.withError(error), folder, pieces);
    }
  }

  static int[] indices(List<Integer> units) {
    return units.stream().mapToInt(unit -> unit).toArray();
  }

  private Part save(Part part, PrunedFolder folder, List<WrittenPiece> pieces) {
    folder.force();
    saved.save(part, pieces);
    return part;
  }

  /**
   * Moves the activations on.
   *
   * @param index of the block in the pruned model, negative where the step was removed
   */
  private void advance(int block, Step step, int index, PrunedFolder folder, ActivationStore seen) {
    if (options.propagation() == Propagation.DENSE) {
      seen.advance(model, block, step);
    } else if (index >= 0) {
      try (Arena arena = Arena.ofShared()) {
        seen.advance(folder.model(arena), index, step);
      }
    }
  }

  private void passReference(int block, Step step, Optional<ActivationStore> reference) {
    reference.ifPresent(store -> store.advance(model, block, step));
  }
}
