// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.calibration.saved;

import static java.util.stream.Collectors.toMap;

import dev.awp.Progress;
import dev.awp.calibration.ActivationStore;
import dev.awp.calibration.ExpertCoverage;
import dev.awp.calibration.SecondMoment;
import dev.awp.calibration.StepMoments;
import dev.awp.calibration.StepMoments.Stream;
import dev.awp.calibration.saved.MomentsManifest.Kind;
import dev.awp.compute.Compute;
import dev.awp.disk.DiskSpace;
import dev.awp.disk.FileStamps;
import dev.awp.model.InputSite;
import dev.awp.model.LinearLayer;
import dev.awp.model.ModelLayout;
import dev.awp.model.Step;
import dev.awp.model.forward.DecoderBlock;
import dev.awp.model.forward.TransformerModel;
import dev.awp.text.TokenWindow;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Runs windows through the dense model and saves what its linear layers see, the head too, also
 * where it is the embedding. Finished blocks survive the process; windows go through them again,
 * and no moment is taken twice.
 */
public final class DenseMoments {
  private final TransformerModel model;
  private final ActivationStore activations;
  private final MomentsWriter writer;
  private final Compute compute;
  private final Progress progress;

  private DenseMoments(
      TransformerModel model,
      ActivationStore activations,
      MomentsWriter writer,
      Compute compute,
      Progress progress) {
    this.model = model;
    this.activations = activations;
    this.writer = writer;
    this.compute = compute;
    this.progress = progress;
  }

  /**
   * Calibrates.
   *
   * @param folder to write; must not exist, or be empty
   * @param manifest what the windows are, and who calibrates
   * @param start what becomes of unfinished moments beside the folder
   * @param inputs no block is believed where one of them has changed by its end
   */
  public static void write(
      Path folder,
      MomentsManifest manifest,
      MomentsWriter.Start start,
      FileStamps inputs,
      TransformerModel model,
      List<TokenWindow> windows,
      Compute compute,
      Progress progress) {
    ModelLayout layout = model.layout();
    int blocks = layout.config().layers();
    try (MomentsWriter writer = MomentsWriter.open(folder, manifest, columns(layout), start)) {
      long states = stateBytes(layout, windows.size(), windows.getFirst().length());
      DiskSpace.check(folder, states, DiskSpace.free(folder));
      try (ActivationStore activations =
          ActivationStore.embed(model, windows, writer.scratchFolder())) {
        DenseMoments run = new DenseMoments(model, activations, writer, compute, progress);
        for (int index = 0; index <= blocks; index++) {
          run.take(index, inputs);
        }
        inputs.check();
        writer.commit();
      }
    }
  }

  /** Every site's columns by its name, by block; the head is the block behind the last. */
  public static SortedMap<Integer, SortedMap<String, Integer>> columns(ModelLayout layout) {
    SortedMap<Integer, SortedMap<String, Integer>> columns = new TreeMap<>();
    for (int index = 0; index <= layout.config().layers(); index++) {
      SortedMap<String, Integer> ofBlock = new TreeMap<>();
      for (LinearLayer linear : linears(layout, index)) {
        ofBlock.put(MomentsFile.name(index, linear.site()), linear.columns());
      }
      columns.put(index, ofBlock);
    }
    return columns;
  }

  /** Bytes of the moments of a model. */
  public static long diskBytes(ModelLayout layout) {
    return columns(layout).values().stream()
        .mapToLong(block -> MomentsFile.bytes(Kind.TRIANGLES, block))
        .sum();
  }

  /**
   * The most off-heap memory that calibrating takes, in bytes; mapped files are not counted.
   *
   * @param tokens of all windows
   * @param length tokens of a window
   * @param weighted whether some tokens count more than others
   * @param compute what calibrates
   */
  public static long memoryBytes(
      ModelLayout layout, long tokens, int length, boolean weighted, Compute compute) {
    long most = 0;
    for (int block : layout.blockKinds()) {
      for (Step step : layout.steps(block)) {
        List<LinearLayer> linears =
            layout.linears(block).stream().filter(l -> l.step().equals(step)).toList();
        long sums =
            linears.stream()
                .collect(toMap(LinearLayer::site, LinearLayer::columns, Math::max))
                .values()
                .stream()
                .mapToLong(SecondMoment::bytes)
                .sum();
        long observing =
            StepMoments.observeBytes(
                layout,
                step,
                linears,
                false,
                tokens,
                length,
                weighted,
                compute.lower(),
                compute.workers().threads());
        most = Math.max(most, DecoderBlock.weightBytes(layout, step) + sums + observing);
      }
    }
    return most;
  }

  /** Bytes of the activations that lie on the disk while they are taken. */
  public static long stateBytes(ModelLayout layout, int windows, int length) {
    return (long) windows * length * layout.columns().width() * Float.BYTES;
  }

  /** The linear layers of a block; behind the last one the head. */
  private static List<LinearLayer> linears(ModelLayout layout, int index) {
    return index < layout.config().layers() ? layout.linears(index) : List.of(head(layout));
  }

  /** The layer behind the last block, which may be the embedding. */
  public static LinearLayer head(ModelLayout layout) {
    return layout.head().orElseGet(layout::tiedHead);
  }

  private void take(int index, FileStamps inputs) {
    int blocks = model.layout().config().layers();
    boolean head = index == blocks;
    String what = head ? "the head" : "block %s of %s".formatted(index + 1, blocks);
    if (writer.isFinished(index)) {
      if (!head) {
        progress.step("passing through " + what);
        pass(index);
      }
      return;
    }
    progress.step("calibrating " + what);
    try (MomentsWriter.BlockFile file = writer.begin(index)) {
      for (Step step : model.layout().steps(index)) {
        List<LinearLayer> linears =
            linears(model.layout(), index).stream().filter(l -> l.step().equals(step)).toList();
        calibrate(index, step, linears, file);
      }
      file.finish(inputs::check);
    }
  }

  private void pass(int index) {
    for (Step step : model.layout().steps(index)) {
      try (Arena arena = Arena.ofShared()) {
        stream(index, step, arena).pass(activations.length());
      }
    }
  }

  private Stream stream(int index, Step step, Arena arena) {
    boolean advance = index < model.layout().config().layers();
    return new Stream(model.step(index, step, arena), activations.states(), advance);
  }

  private void calibrate(
      int index, Step step, List<LinearLayer> linears, MomentsWriter.BlockFile file) {
    Set<InputSite> starved = ExpertCoverage.starved(model, index, linears, activations, progress);
    try (StepMoments moments = new StepMoments(model.layout(), linears, false, starved, compute)) {
      try (Arena arena = Arena.ofShared()) {
        Stream states = stream(index, step, arena);
        moments.observe(states, Optional.empty(), activations.weights(), activations.length());
      }
      for (InputSite site : linears.stream().map(LinearLayer::site).distinct().toList()) {
        try (SecondMoment moment = moments.take(site)) {
          file.write(MomentsFile.name(index, site), moment, starved.contains(site));
        }
      }
    }
  }
}
