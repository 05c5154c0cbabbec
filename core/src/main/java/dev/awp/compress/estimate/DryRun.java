// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.estimate;

import dev.awp.checkpoint.Checkpoint;
import dev.awp.compress.CompressionOptions;
import dev.awp.compress.plan.PackedSize;
import dev.awp.compress.plan.Schemes;
import dev.awp.compress.run.RunDescription;
import dev.awp.compute.Compute;
import dev.awp.constraint.Constraint;
import dev.awp.constraint.Sparsity;
import dev.awp.model.InputSite;
import dev.awp.model.LinearLayer;
import dev.awp.model.ModelLayout;
import dev.awp.report.PlanReport;
import dev.awp.stored.StoredTensor;
import dev.awp.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Tells what a prepared run would do.
 *
 * @param leftOut what it does before, and preparing has not done
 * @param seconds that preparing took, which the run will take again
 */
public record DryRun(
    CompressionOptions options,
    Checkpoint checkpoint,
    ModelLayout layout,
    PreparedRun run,
    LeftOut leftOut,
    double seconds,
    Compute compute) {
  public PlanReport report() {
    List<PlanReport.Layer> layers = run.schemes().layers().stream().map(this::layer).toList();
    List<LinearLayer> all = new ArrayList<>(layout.linears());
    layout.head().ifPresent(all::add);
    List<String> alone =
        all.stream()
            .filter(layer -> !run.schemes().layers().contains(layer))
            .map(LinearLayer::name)
            .toList();
    return new PlanReport(
        layers,
        alone,
        RunDescription.texts(run.calibration(), run.evaluator()),
        run.warnings(),
        totals(layers),
        run.structure(),
        leftOut.estimates());
  }

  private PlanReport.Layer layer(LinearLayer layer) {
    Schemes.Scheme scheme = run.schemes().scheme(layer);
    StoredTensor stored = checkpoint.tensor(layer.weight());
    DType storage = stored.type().written();
    return new PlanReport.Layer(
        layer.name(),
        layer.rows(),
        layer.columns(),
        stored.type().name(),
        scheme.constraint().forStorage(storage).describe(),
        scheme.solver().name(),
        stored.byteSize(),
        Math.ceilDiv(PackedSize.bits(layer, scheme.constraint(), storage), Byte.SIZE),
        WorkEstimate.solve(layer, scheme, compute));
  }

  private PlanReport.Totals totals(List<PlanReport.Layer> layers) {
    List<LinearLayer> compressed = run.schemes().layers();
    long packed = layers.stream().mapToLong(PlanReport.Layer::packedBytes).sum();
    double weights = compressed.stream().mapToLong(PackedSize::weights).sum();
    double zeros = compressed.stream().mapToDouble(this::zeros).sum();
    double solving = layers.stream().mapToDouble(PlanReport.Layer::flops).sum();
    List<Set<InputSite>> passes = run.memory().passes();
    double passing =
        WorkEstimate.calibrate(options, layout, run.schemes(), run.calibration(), passes)
            + WorkEstimate.tune(options, run.plan(), run.calibration())
            + WorkEstimate.evaluate(
                layout, (double) run.evaluator().tokens(), run.evaluator().length());
    double rate = WorkEstimate.flopsPerSecond(compute);
    return new PlanReport.Totals(
        checkpoint.tensors().stream().mapToLong(StoredTensor::byteSize).sum(),
        options.formats().stream()
            .flatMap(format -> format.sizes().stream())
            .findFirst()
            .map(sizes -> sizes.fileBytes(run.plan()))
            .orElseGet(() -> PackedSize.others(checkpoint, compressed) / Byte.SIZE + packed),
        weights == 0 ? 0 : packed * Byte.SIZE / weights,
        weights == 0 ? 0 : zeros / weights,
        leftOut.flops(),
        solving,
        passing,
        run.memory().bytes(),
        passes.size(),
        rate / 1e9,
        seconds + (leftOut.flops() + solving + passing) / rate);
  }

  private double zeros(LinearLayer layer) {
    Constraint constraint = run.schemes().scheme(layer).constraint().forStorage(DType.F32);
    double density = constraint.sparsity().map(Sparsity::density).orElse(1.0);
    return (1 - density) * PackedSize.weights(layer);
  }
}
