// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress;

import dev.awp.calibration.CrossMoment;
import dev.awp.calibration.SecondMoment;
import dev.awp.checkpoint.ModelConfig;
import dev.awp.constraint.Constraint;
import dev.awp.model.DecoderBlock;
import dev.awp.model.InputSite;
import dev.awp.model.LinearLayer;
import dev.awp.model.ModelLayout;
import dev.awp.parallel.Workers;
import dev.awp.solver.LayerShape;
import dev.awp.solver.Solver;
import dev.awp.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The off-heap memory of a compression by the shapes of its model. Mapped files are not counted:
 * checkpoints and activations, whose pages the operating system can take back at any time.
 *
 * @param drifted whether layers make up for the drift of their inputs
 * @param tokens of the calibration
 * @param length tokens of a calibration window
 */
record MemoryNeeds(
    ModelLayout layout,
    Constraint constraint,
    Solver solver,
    boolean drifted,
    long tokens,
    int length,
    Workers workers) {
  static MemoryNeeds of(
      CompressionOptions options,
      ModelLayout layout,
      Solver solver,
      long tokens,
      int length,
      Workers workers) {
    return new MemoryNeeds(
        layout,
        options.constraint().forStorage(DType.F32),
        solver,
        options.target() == Target.PROPAGATED,
        tokens,
        length,
        workers);
  }

  /** Peak of a block, in bytes, when its input sites are calibrated in these passes. */
  long block(List<Set<InputSite>> passes) {
    return layout.blockKinds().stream()
        .flatMapToLong(
            block -> {
              List<LinearLayer> linears = layout.linears(block);
              return passes.stream().mapToLong(sites -> pass(linears, sites));
            })
        .max()
        .orElse(0);
  }

  /** Peak of one pass over a block, by the block's layers. */
  private long pass(List<LinearLayer> block, Set<InputSite> sites) {
    SortedMap<InputSite, List<LinearLayer>> observed = new TreeMap<>();
    for (LinearLayer linear : block) {
      if (sites.contains(linear.site())) {
        observed.computeIfAbsent(linear.site(), site -> new ArrayList<>()).add(linear);
      }
    }
    long sums = observed.values().stream().mapToLong(this::sum).sum();
    List<LinearLayer> linears = observed.values().stream().flatMap(List::stream).toList();
    long peak = calibration(linears, sums);
    for (List<LinearLayer> site : observed.values()) {
      sums -= sum(site);
      peak = Math.max(peak, sums + site(site));
    }
    return peak;
  }

  /** What is summed of the inputs of a site, by the layers that they feed. */
  private long sum(List<LinearLayer> site) {
    int columns = site.getFirst().columns();
    return SecondMoment.bytes(columns) + drift(site.getFirst());
  }

  /** The drift moment of a layer's inputs. */
  private long drift(LinearLayer linear) {
    return drifted ? CrossMoment.bytes(linear.columns()) : 0;
  }

  private long calibration(List<LinearLayer> linears, long sums) {
    ModelConfig config = layout.config();
    long observing =
        BlockMoments.observeBytes(config, linears, drifted, tokens, length, workers.threads());
    return DecoderBlock.weightBytes(layout) + sums + observing;
  }

  /** Peak while a site's layers are solved, what later sites have summed aside. */
  private long site(List<LinearLayer> linears) {
    LinearLayer first = linears.getFirst();
    long finishing = SecondMoment.bytes(first.columns()) + shape(first).square();
    long peak = finishing + drift(first);
    for (LinearLayer linear : linears) {
      peak = Math.max(peak, layer(shape(linear), linear.equals(linears.getLast())));
    }
    return peak;
  }

  private LayerShape shape(LinearLayer linear) {
    return new LayerShape(linear.rows(), linear.columns(), constraint, workers);
  }

  private long layer(LayerShape shape, boolean last) {
    long solving = solver.memoryBytes(shape);
    // The solution, what is encoded of it, and what was read back.
    long writing = 3 * shape.layer() + shape.grid() + shape.objective();
    long own = shape.square() + shape.layer() + Math.max(solving, writing);
    if (!drifted) {
      return own;
    }
    // D and an inverse of C stay until the last layer has its target.
    long targeting = 3 * shape.square() + 3 * shape.layer() + shape.panels();
    return Math.max(targeting, own + shape.layer() + (last ? 0 : 2 * shape.square()));
  }
}
