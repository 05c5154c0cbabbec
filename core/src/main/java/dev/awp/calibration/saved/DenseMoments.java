// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.calibration.saved;

import dev.awp.Progress;
import dev.awp.calibration.ActivationStore;
import dev.awp.calibration.ExpertCoverage;
import dev.awp.calibration.SecondMoment;
import dev.awp.calibration.StepMoments;
import dev.awp.calibration.StepMoments.Stream;
import dev.awp.compute.Compute;
import dev.awp.disk.FileStamps;
import dev.awp.model.InputSite;
import dev.awp.model.LinearLayer;
import dev.awp.model.ModelLayout;
import dev.awp.model.Step;
import dev.awp.model.forward.TransformerModel;
import dev.awp.text.TokenWindow;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/** Runs windows through the dense model and saves what its linear layers see, the head's too. */
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
   * @param identity what the windows are
   * @param inputs nothing is saved where one of them has changed by the end
   * @param awp version of the program
   */
  public static void write(
      Path folder,
      MomentsIdentity identity,
      FileStamps inputs,
      String awp,
      TransformerModel model,
      List<TokenWindow> windows,
      Compute compute,
      Progress progress) {
    ModelLayout layout = model.layout();
    int blocks = layout.config().layers();
    boolean head = layout.head().isPresent();
    SortedMap<String, Integer> columns = new TreeMap<>();
    for (int index = 0; index <= blocks; index++) {
      for (LinearLayer linear : linears(layout, index)) {
        columns.put(MomentsFile.name(index, linear.site()), linear.columns());
      }
    }
    try (MomentsWriter writer = MomentsWriter.create(folder, columns, identity, awp);
        ActivationStore activations =
            ActivationStore.embed(model, windows, writer.scratchFolder())) {
      DenseMoments run = new DenseMoments(model, activations, writer, compute, progress);
      for (int index = 0; index < blocks; index++) {
        progress.step("calibrating block %s of %s".formatted(index + 1, blocks));
        run.calibrate(index, true);
      }
      if (head) {
        progress.step("calibrating the head");
        run.calibrate(blocks, false);
      }
      inputs.check();
      writer.commit();
    }
  }

  /** The linear layers of a block; behind the last one the head, where it has weights. */
  private static List<LinearLayer> linears(ModelLayout layout, int index) {
    return index < layout.config().layers()
        ? layout.linears(index)
        : layout.head().stream().toList();
  }

  private void calibrate(int index, boolean advance) {
    for (Step step : model.layout().steps(index)) {
      List<LinearLayer> linears =
          linears(model.layout(), index).stream().filter(l -> l.step().equals(step)).toList();
      calibrate(index, step, linears, advance);
    }
  }

  private void calibrate(int index, Step step, List<LinearLayer> linears, boolean advance) {
    Set<InputSite> starved = ExpertCoverage.starved(model, index, linears, activations, progress);
    try (StepMoments moments = new StepMoments(model.layout(), linears, false, starved, compute)) {
      try (Arena arena = Arena.ofShared()) {
        Stream states = new Stream(model.step(index, step, arena), activations.states(), advance);
        moments.observe(states, Optional.empty(), activations.weights(), activations.length());
      }
      for (InputSite site : linears.stream().map(LinearLayer::site).distinct().toList()) {
        try (SecondMoment moment = moments.take(site)) {
          writer.write(MomentsFile.name(index, site), moment, starved.contains(site));
        }
      }
    }
  }
}
