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
import java.util.Collection;
import java.util.List;
import java.util.Set;

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
    return passes.stream().mapToLong(this::pass).max().orElse(0);
  }

  private long pass(Set<InputSite> sites) {
    long peak = calibration(linears(sites), sums(sites));
    for (InputSite site : sites) {
      List<InputSite> later = sites.stream().filter(other -> other.compareTo(site) > 0).toList();
      peak = Math.max(peak, sums(later) + site(site));
    }
    return peak;
  }

  private List<LinearLayer> linears(Collection<InputSite> sites) {
    return layout.linears(0).stream().filter(linear -> sites.contains(linear.site())).toList();
  }

  private int columns(InputSite site) {
    return linears(Set.of(site)).getFirst().columns();
  }

  private long sums(Collection<InputSite> sites) {
    return sites.stream()
        .mapToInt(this::columns)
        .mapToLong(n -> SecondMoment.bytes(n) + (drifted ? CrossMoment.bytes(n) : 0))
        .sum();
  }

  private long calibration(List<LinearLayer> linears, long sums) {
    ModelConfig config = layout.config();
    long observing =
        BlockMoments.observeBytes(config, linears, drifted, tokens, length, workers.threads());
    return DecoderBlock.weightBytes(layout) + sums + observing;
  }

  /** Peak while a site's layers are solved, what later sites have summed aside. */
  private long site(InputSite site) {
    List<LinearLayer> linears = linears(Set.of(site));
    long finishing = SecondMoment.bytes(columns(site)) + shape(linears.getFirst()).square();
    long peak = finishing + (drifted ? CrossMoment.bytes(columns(site)) : 0);
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
