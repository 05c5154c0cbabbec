// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.memory;

import dev.awp.blas.mixed.MixedPrecision;
import dev.awp.calibration.CrossMoment;
import dev.awp.calibration.ForwardTrial;
import dev.awp.calibration.SecondMoment;
import dev.awp.calibration.StepMoments;
import dev.awp.compress.CompressionOptions;
import dev.awp.compress.Propagation;
import dev.awp.compress.Target;
import dev.awp.compress.plan.Schemes;
import dev.awp.constraint.Constraint;
import dev.awp.model.InputSite;
import dev.awp.model.LinearLayer;
import dev.awp.model.ModelLayout;
import dev.awp.model.Step;
import dev.awp.model.forward.DecoderBlock;
import dev.awp.model.gradient.BlockGradient;
import dev.awp.parallel.Workers;
import dev.awp.solver.LayerShape;
import dev.awp.solver.precision.PrecisionCheck;
import dev.awp.tensor.DType;
import dev.awp.tuning.BlockTuning;
import dev.awp.tuning.TunedLayer;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The off-heap memory of a compression by the shapes of its model. Mapped files are not counted:
 * checkpoints and activations, whose pages the operating system can take back at any time.
 *
 * @param together whether the layers of a step may be calibrated in one pass: where they do not see
 *     what those before them have become
 * @param drifted whether layers make up for the drift of their inputs
 * @param ofSome whether the drift is that of some of the windows
 * @param tokens of the calibration
 * @param length tokens of a calibration window
 * @param weighted whether some of them count more than others
 * @param lower precisions that products may have: prepared operands take memory
 * @param probing whether blocks are run while their layers are solved, as a budget's measuring does
 * @param tuned whether the layers of blocks are tuned together when they are solved
 * @param saved whether moments are taken from a folder, and nothing goes through the model
 */
public record MemoryNeeds(
    ModelLayout layout,
    Schemes schemes,
    boolean together,
    boolean drifted,
    boolean ofSome,
    long tokens,
    int length,
    boolean weighted,
    Workers workers,
    MixedPrecision lower,
    boolean probing,
    boolean tuned,
    boolean saved) {
  public static MemoryNeeds of(
      CompressionOptions options,
      ModelLayout layout,
      Schemes schemes,
      long tokens,
      int length,
      boolean weighted,
      Workers workers,
      MixedPrecision lower,
      boolean probing) {
    boolean together = options.propagation() == Propagation.DENSE;
    boolean drifted = options.target() == Target.PROPAGATED;
    boolean saved = options.calibration().statistics().isPresent() && !probing;
    return new MemoryNeeds(
        layout,
        schemes,
        together,
        drifted,
        drifted && options.targetShare() < 1,
        tokens,
        length,
        weighted,
        workers,
        lower,
        probing,
        options.tuning() > 0,
        saved);
  }

  /** Peak of a block, or of the head, in bytes, when input sites are calibrated in these passes. */
  long block(List<Set<InputSite>> passes) {
    long peak =
        IntStream.range(0, layout.config().layers())
            .mapToObj(schemes::layers)
            .distinct()
            .flatMapToLong(layers -> passes.stream().mapToLong(sites -> pass(layers, sites)))
            .max()
            .orElse(0);
    peak = Math.max(peak, advancing());
    if (tuned) {
      peak = Math.max(peak, tuning()) + grids();
    }
    List<LinearLayer> embedding = schemes.layers(ModelLayout.BEFORE);
    if (!embedding.isEmpty()) {
      peak = Math.max(peak, site(embedding));
    }
    List<LinearLayer> head = schemes.layers(layout.config().layers());
    return head.isEmpty() ? peak : Math.max(peak, pass(head, Set.of(InputSite.HEAD_INPUT)));
  }

  /** A block whose layers are tuned. */
  private long tuning() {
    long layers =
        blocks()
            .mapToLong(
                ofBlock ->
                    ofBlock.stream()
                        .mapToLong(
                            linear ->
                                TunedLayer.bytes(
                                    constraint(linear), linear.rows(), linear.columns()))
                        .sum())
            .max()
            .orElse(0);
    // One layer's own weights are decoded beside, or what is written of it and read back.
    long beside =
        2
            * layout.linears().stream()
                .mapToLong(linear -> (long) linear.rows() * linear.columns())
                .max()
                .orElse(0)
            * Float.BYTES;
    int rows = BlockTuning.rows((int) (tokens / length), length);
    return BlockGradient.bytes(layout, rows, length, workers.threads()) + layers + beside;
  }

  /** What grids of a block's layers take until they are tuned. */
  private long grids() {
    return blocks()
        .mapToLong(
            ofBlock ->
                ofBlock.stream()
                    .mapToLong(
                        linear ->
                            new LayerShape(
                                    linear.rows(), linear.columns(), constraint(linear), workers)
                                .grid())
                    .sum())
        .max()
        .orElse(0);
  }

  private Stream<List<LinearLayer>> blocks() {
    return IntStream.range(0, layout.config().layers()).mapToObj(schemes::layers).distinct();
  }

  private Constraint constraint(LinearLayer linear) {
    return schemes.scheme(linear).constraint().forStorage(DType.F32);
  }

  /** Activations on their way through a step of which nothing is compressed. */
  private long advancing() {
    if (saved) {
      return 0;
    }
    return layout.steps().stream()
            .mapToLong(
                step ->
                    DecoderBlock.weightBytes(layout, step)
                        + DecoderBlock.forwardBytes(
                            layout, step, tokens, length, workers.threads()))
            .max()
            .orElse(0)
        + preparing();
  }

  private long pass(List<LinearLayer> ofBlock, Set<InputSite> sites) {
    List<LinearLayer> layers =
        ofBlock.stream().filter(layer -> sites.contains(layer.site())).toList();
    TreeMap<InputSite, List<LinearLayer>> bySite =
        layers.stream()
            .collect(Collectors.groupingBy(LinearLayer::site, TreeMap::new, Collectors.toList()));
    if (layers.isEmpty()) {
      return 0;
    }
    if (saved) {
      return bySite.values().stream().mapToLong(this::site).max().orElse(0);
    }
    Step step = layers.getFirst().step();
    long peak = calibration(step, layers) + sums(bySite.values());
    long probe = probing ? probe() : 0;
    for (InputSite site : bySite.keySet()) {
      long later = sums(bySite.tailMap(site, false).values());
      peak = Math.max(peak, later + site(bySite.get(site)) + probe);
    }
    return peak;
  }

  private static int columns(List<LinearLayer> ofSite) {
    return ofSite.getFirst().columns();
  }

  private long sums(Collection<List<LinearLayer>> sites) {
    return sites.stream()
        .mapToLong(site -> SecondMoment.bytes(columns(site)) + drift(site.getFirst()))
        .sum();
  }

  private boolean drifts(LinearLayer linear) {
    return drifted && StepMoments.hasDrift(linear.site());
  }

  /** The moments of drift, D and R, of a layer's site. */
  private long drift(LinearLayer linear) {
    if (!drifts(linear)) {
      return 0;
    }
    long residual = layout.isAdded(linear) ? CrossMoment.bytes(linear.rows(), linear.columns()) : 0;
    long apart = ofSome ? SecondMoment.bytes(linear.columns()) : 0;
    return CrossMoment.bytes(linear.columns(), linear.columns()) + residual + apart;
  }

  /** What a pass takes beside its sums. */
  private long calibration(Step step, List<LinearLayer> linears) {
    long observing =
        StepMoments.observeBytes(
            layout, step, linears, drifted, tokens, length, weighted, lower, workers.threads());
    // The original step's weights, and those of the compressed one's first layers.
    long weights = DecoderBlock.weightBytes(layout, step) * (drifted ? 2 : 1);
    return weights + preparing() + observing;
  }

  /** A block that is run while a layer is at hand. */
  private long probe() {
    return DecoderBlock.weightBytes(layout)
        + preparing()
        + DecoderBlock.forwardBytes(layout, tokens, length, workers.threads());
  }

  /** A weight matrix while it is split; the parts of those before it take less than in float32. */
  private long preparing() {
    if (!ForwardTrial.isPossible(lower, layout.linears())) {
      return 0;
    }
    return layout.linears().stream()
        .mapToLong(
            linear -> lower.preparedBytes(linear.columns(), linear.rows(), workers.threads()))
        .max()
        .orElse(0);
  }

  /** Peak while a site's layers are solved, what later sites have summed aside. */
  private long site(List<LinearLayer> linears) {
    long n = columns(linears);
    long finishing = SecondMoment.bytes(columns(linears)) + n * n * Float.BYTES;
    long peak = finishing + drift(linears.getFirst());
    for (LinearLayer linear : linears) {
      peak = Math.max(peak, layer(linear, linear.equals(linears.getLast())));
    }
    return peak;
  }

  private long layer(LinearLayer linear, boolean last) {
    Schemes.Scheme scheme = schemes.scheme(linear);
    LayerShape shape =
        new LayerShape(
            linear.rows(), linear.columns(), scheme.constraint().forStorage(DType.F32), workers);
    long solving = scheme.solver().memoryBytes(shape);
    if (new PrecisionCheck()
        .isPossible(lower, scheme.solver(), shape.constraint(), shape.rows(), shape.columns())) {
      long prepared = lower.preparedBytes(shape.columns(), shape.columns(), workers.threads());
      solving += Math.max(0, prepared - shape.prepared());
      solving += PrecisionCheck.sampleBytes(shape.columns());
    }
    // The solution, what is encoded of it, and what was read back.
    long writing = 3 * shape.layer() + shape.grid() + shape.objective();
    long own = shape.square() + shape.layer() + Math.max(solving, writing);
    if (!drifts(linear)) {
      return own;
    }
    // D, R and an inverse of C stay until the last layer has its target.
    long targeting =
        (ofSome ? 3 : 2) * shape.square() + drift(linear) + 3 * shape.layer() + shape.panels();
    return Math.max(targeting, own + shape.layer() + (last ? 0 : 2 * shape.square()));
  }
}
