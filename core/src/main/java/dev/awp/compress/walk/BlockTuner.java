// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.walk;

import dev.awp.calibration.ActivationStore;
import dev.awp.compress.plan.TunedBlocks;
import dev.awp.compress.run.ModelOutput;
import dev.awp.compress.run.PhaseClock;
import dev.awp.compress.run.PhaseClock.Phase;
import dev.awp.compress.run.SavedLayers;
import dev.awp.compute.Compute;
import dev.awp.constraint.GridParameters;
import dev.awp.disk.ScratchFile;
import dev.awp.format.LayerPlan;
import dev.awp.format.ModelPlan;
import dev.awp.model.InputSite;
import dev.awp.model.LinearLayer;
import dev.awp.model.forward.TransformerModel;
import dev.awp.model.gradient.BlockGradient;
import dev.awp.report.LayerReport;
import dev.awp.solver.Objective;
import dev.awp.solver.Solution;
import dev.awp.stored.StoredTensor;
import dev.awp.stored.TensorReader;
import dev.awp.tensor.Matrix;
import dev.awp.tuning.BlockTuning;
import dev.awp.tuning.TunedLayer;
import dev.awp.tuning.TuningOptions;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Tunes blocks whose layers are solved. A block's layers are saved when it is tuned, and none of
 * them earlier. What solvers found waits in mapped files until then.
 */
record BlockTuner(
    TuningOptions options,
    TransformerModel model,
    ModelPlan plan,
    ModelOutput output,
    SavedLayers saved,
    PhaseClock clock,
    Compute compute) {
  /** Whether layers of a block are tuned. */
  boolean tunes(int index) {
    return new TunedBlocks(plan).isTuned(index);
  }

  Solved begin() {
    return new Solved();
  }

  /** The layers of one block as they were solved. */
  final class Solved implements SolvedLayers, AutoCloseable {
    private final Arena arena = Arena.ofShared();
    private final List<ScratchFile> files = new ArrayList<>();
    private final Map<InputSite, Matrix> metrics = new HashMap<>();
    private final Map<LinearLayer, Matrix> targets = new HashMap<>();
    private final Map<LinearLayer, Solution> solutions = new LinkedHashMap<>();
    private final Map<String, LayerReport> reports = new HashMap<>();

    @Override
    public void solved(LinearLayer linear, Matrix target, Matrix c, Solution solution) {
      metrics.computeIfAbsent(linear.site(), _ -> kept(c));
      targets.put(linear, kept(target));
      GridParameters grid =
          GridParameters.allocate(
              plan.layer(linear).constraint(), linear.rows(), linear.columns(), arena);
      if (solution.grid().channelScales().isPresent()) {
        grid = grid.withChannelScales(Matrix.allocate(arena, 1, linear.columns()));
      }
      grid.copyFrom(solution.grid());
      solutions.put(linear, solution.with(kept(solution.weights()), grid));
    }

    private Matrix kept(Matrix x) {
      ScratchFile file = ScratchFile.create(output.scratchFolder(), x.rows(), x.columns());
      files.add(file);
      file.matrix().copyFrom(x);
      return file.matrix();
    }

    @Override
    public void written(LayerReport report) {
      reports.put(report.name(), report);
    }

    /**
     * Tunes the block, writes its layers anew and saves them.
     *
     * @param inputs of the compressed block
     * @param outputs that it should have
     * @return reports by the layers' names
     */
    Map<String, LayerReport> tune(int index, Matrix inputs, ActivationStore outputs) {
      return clock.during(Phase.TUNING, () -> tuned(index, inputs, outputs));
    }

    private Map<String, LayerReport> tuned(int index, Matrix inputs, ActivationStore outputs) {
      int length = outputs.length();
      int rows = BlockTuning.rows(inputs.rows() / length, length);
      try (Arena own = Arena.ofShared()) {
        List<TunedLayer> tuned = new ArrayList<>();
        for (LinearLayer linear : solutions.keySet()) {
          try (Arena briefly = Arena.ofShared()) {
            LayerPlan layer = plan.layer(linear);
            Solution solution = solutions.get(linear);
            TunedLayer.of(
                    linear,
                    layer.constraint(),
                    layer.dtype(),
                    solution.weights(),
                    solution.grid(),
                    model.weights(linear, briefly),
                    compute,
                    own)
                .ifPresent(tuned::add);
          }
        }
        Set<LinearLayer> wanted = new HashSet<>();
        tuned.forEach(layer -> wanted.add(layer.linear()));
        BlockGradient gradient =
            new BlockGradient(
                model.layout(),
                index,
                output.read(own),
                rows,
                length,
                wanted::contains,
                compute,
                own);
        BlockTuning.Result result =
            new BlockTuning(
                    gradient, tuned, inputs, outputs.states(), outputs.weights(), length, compute)
                .run(options);
        for (TunedLayer layer : tuned) {
          LinearLayer linear = layer.linear();
          Matrix weights = gradient.weights(linear);
          solutions.computeIfPresent(
              linear, (_, solution) -> solution.with(weights, layer.weights().grid(own)));
        }
        output.reopen();
        Map<String, LayerReport> all = new HashMap<>();
        solutions.forEach((linear, _) -> all.put(linear.name(), write(linear, result)));
        return all;
      }
    }

    private LayerReport write(LinearLayer linear, BlockTuning.Result result) {
      output.write(linear, solutions.get(linear));
      LayerReport before = reports.get(linear.name());
      try (Arena briefly = Arena.ofShared()) {
        StoredTensor stored = output.read(briefly).tensor(linear.weight());
        Matrix t = new TensorReader(compute.kernels()).matrix(stored, briefly);
        double objective =
            Objective.of(targets.get(linear), t, metrics.get(linear.site()), compute);
        LayerReport report =
            before.tuned(
                objective,
                LayerCompressor.shareOfZeros(t, compute),
                new LayerReport.Tuning(
                    result.before(), result.after(), result.steps(), before.objective()));
        saved.save(report);
        return report;
      }
    }

    @Override
    public void close() {
      files.forEach(ScratchFile::close);
      arena.close();
    }
  }
}
