// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress;

import dev.awp.calibration.CrossMoment;
import dev.awp.calibration.SecondMoment;
import dev.awp.kernel.Compute;
import dev.awp.kernel.Precision;
import dev.awp.model.DecoderBlock;
import dev.awp.model.InputSite;
import dev.awp.model.LinearInputs;
import dev.awp.model.LinearLayer;
import dev.awp.model.ModelLayout;
import dev.awp.model.Stage;
import dev.awp.report.LayerReport;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** The moments of a decoder block's input sites while they are accumulated. */
final class BlockMoments implements LinearInputs, AutoCloseable {
  private final Compute compute;
  private final Set<InputSite> everyToken;
  private final Precision precision;
  private final Map<InputSite, SecondMoment> seconds = new TreeMap<>();
  private final Map<InputSite, CrossMoment> drifts = new TreeMap<>();

  /**
   * Empty sums for a block.
   *
   * @param linears those of its layers whose sites are observed, or those whose sites are observed
   * @param withDrift whether {@link #observe} will be told of the original model's states too
   * @param everyToken sites of experts that see every token, for too few are routed to them
   * @param precision of the products of the block that will be observed
   */
  BlockMoments(
      List<LinearLayer> linears,
      boolean withDrift,
      Set<InputSite> everyToken,
      Precision precision,
      Compute compute) {
    this.compute = compute;
    this.precision = precision;
    this.everyToken = Set.copyOf(everyToken);
    try {
      for (LinearLayer linear : linears) {
        seconds.computeIfAbsent(linear.site(), site -> new SecondMoment(linear.columns(), compute));
        if (withDrift && hasDrift(linear.site())) {
          drifts.computeIfAbsent(linear.site(), site -> new CrossMoment(linear.columns(), compute));
        }
      }
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  /**
   * Whether the drift of a site's inputs is summed. Not so for experts: the original model routes
   * other tokens to them, so that its inputs have no counterpart (docs/decisions/0013-experts.md).
   */
  static boolean hasDrift(InputSite site) {
    return !site.ofExpert();
  }

  @Override
  public boolean seesEveryToken(InputSite site) {
    return everyToken.contains(site);
  }

  /** Adds the inputs of a site, where it is one of those that are observed. */
  @Override
  public void accept(InputSite site, Matrix inputs) {
    SecondMoment moment = seconds.get(site);
    if (moment != null) {
      moment.add(inputs);
    }
  }

  /**
   * Hidden states on their way into the block.
   *
   * @param advance whether they become the block's outputs; else copies run through it
   */
  record Stream(Matrix states, boolean advance) {}

  /**
   * Runs states through the block, chunk by chunk, and sums what its layers see. With the original
   * model's states their drift is summed too; the block must have its original weights.
   *
   * @param original states of the original model, for the same tokens
   */
  void observe(Stage block, Stream states, Optional<Stream> original, int length) {
    int total = states.states().rows();
    int rows = Math.min(total, DecoderBlock.chunkRows(length));
    try (Arena arena = Arena.ofShared()) {
      Matrix copy = Matrix.allocate(arena, rows, states.states().columns());
      Map<InputSite, Matrix> expected = new TreeMap<>();
      drifts.forEach(
          (site, drift) -> expected.put(site, Matrix.allocate(arena, rows, drift.columns())));
      for (int from = 0; from < total; from += rows) {
        if (original.isPresent()) {
          block.forward(
              chunk(original.get(), from, copy),
              length,
              (site, inputs) -> {
                if (expected.containsKey(site)) {
                  expected.get(site).rowRange(0, inputs.rows()).copyFrom(inputs);
                }
              });
        }
        block.forward(
            chunk(states, from, copy), length, expected.isEmpty() ? this : new WithDrift(expected));
      }
    }
  }

  /** Sums inputs, and how far they have drifted from those of the original model. */
  private final class WithDrift implements LinearInputs {
    private final Map<InputSite, Matrix> expected;

    private WithDrift(Map<InputSite, Matrix> expected) {
      this.expected = expected;
    }

    @Override
    public void accept(InputSite site, Matrix inputs) {
      BlockMoments.this.accept(site, inputs);
      if (expected.containsKey(site)) {
        addDrift(site, expected.get(site).rowRange(0, inputs.rows()), inputs);
      }
    }

    @Override
    public boolean seesEveryToken(InputSite site) {
      return BlockMoments.this.seesEveryToken(site);
    }
  }

  /** The most off-heap memory that {@link #observe} takes beside the sums, in bytes. */
  static long observeBytes(
      ModelLayout layout,
      List<LinearLayer> linears,
      boolean withDrift,
      long tokens,
      int length,
      int threads) {
    long rows = Math.min(tokens, DecoderBlock.chunkRows(length));
    long drifts =
        withDrift
            ? linears.stream()
                .filter(linear -> hasDrift(linear.site()))
                .collect(Collectors.toMap(LinearLayer::site, LinearLayer::columns, Math::max))
                .values()
                .stream()
                .mapToLong(columns -> columns)
                .sum()
            : 0;
    int widest = linears.stream().mapToInt(LinearLayer::columns).max().orElse(0);
    return rows * (layout.config().hiddenSize() + drifts) * Float.BYTES
        + DecoderBlock.forwardBytes(layout, tokens, length, threads)
        + SecondMoment.addBytes(widest, threads);
  }

  /** The next rows of a stream, or a copy of them; as many as the copy has room for. */
  static Matrix chunk(Stream stream, int from, Matrix copy) {
    int to = Math.min(stream.states().rows(), from + copy.rows());
    Matrix rows = stream.states().rowRange(from, to);
    if (stream.advance()) {
      return rows;
    }
    Matrix chunk = copy.rowRange(0, to - from);
    chunk.copyFrom(rows);
    return chunk;
  }

  /** Adds (x - x~) x~^T; x becomes x - x~. */
  private void addDrift(InputSite site, Matrix expected, Matrix inputs) {
    for (int row = 0; row < inputs.rows(); row++) {
      compute
          .kernels()
          .arithmetic()
          .subtract(expected.row(row), inputs.row(row), expected.row(row));
    }
    drifts.get(site).add(expected, inputs);
  }

  /** What C of a site is the mean of. */
  LayerReport.Inputs inputs(InputSite site) {
    long tokens = seconds.get(site).tokens();
    return new LayerReport.Inputs(tokens, everyToken.contains(site), precision.label());
  }

  /** C of a site; what it was summed in is freed. */
  Matrix finish(InputSite site, String what, Arena arena) {
    try (SecondMoment moment = seconds.remove(site)) {
      return moment.finish(what, arena);
    }
  }

  /** Takes the drift of a site, for the caller to close. */
  CrossMoment takeDrift(InputSite site) {
    return drifts.remove(site);
  }

  @Override
  public void close() {
    seconds.values().forEach(SecondMoment::close);
    drifts.values().forEach(CrossMoment::close);
  }
}
