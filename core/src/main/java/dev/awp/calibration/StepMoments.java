// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.calibration;

import dev.awp.blas.mixed.MixedPrecision;
import dev.awp.compute.Compute;
import dev.awp.model.InputSite;
import dev.awp.model.LinearLayer;
import dev.awp.model.ModelLayout;
import dev.awp.model.Step;
import dev.awp.model.forward.DecoderBlock;
import dev.awp.model.forward.Stage;
import dev.awp.model.sublayer.LinearInputs;
import dev.awp.tensor.Matrix;
import dev.awp.text.TokenWeights;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** The moments of some of a step's input sites while they are accumulated. */
public final class StepMoments implements SiteMoments, AutoCloseable {
  private final Compute compute;
  private final Set<InputSite> everyToken;
  private final Map<InputSite, SecondMoment> seconds = new TreeMap<>();
  private final Map<InputSite, SecondMoment> drifted = new TreeMap<>();
  private final Map<InputSite, CrossMoment> drifts = new TreeMap<>();
  private final Map<InputSite, CrossMoment> residuals = new TreeMap<>();

  /**
   * Empty sums.
   *
   * @param linears layers of a step whose sites are observed
   * @param withDrift whether {@link #observe} will be told of the original model's states too
   * @param everyToken sites of experts that see every token, for too few are routed to them
   * @param compute what the step that will be observed runs on; sums of what is not an expert's
   *     have its precision where that is one bfloat16 part
   */
  public StepMoments(
      ModelLayout layout,
      List<LinearLayer> linears,
      boolean withDrift,
      Set<InputSite> everyToken,
      Compute compute) {
    this.compute = compute;
    this.everyToken = Set.copyOf(everyToken);
    try {
      for (LinearLayer linear : linears) {
        seconds.computeIfAbsent(linear.site(), site -> new SecondMoment(linear.columns(), compute));
        if (withDrift && hasDrift(linear.site())) {
          int n = linear.columns();
          drifts.computeIfAbsent(linear.site(), site -> new CrossMoment(n, n, compute));
          if (layout.isAdded(linear)) {
            residuals.put(linear.site(), new CrossMoment(linear.rows(), n, compute));
          }
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
  public static boolean hasDrift(InputSite site) {
    return !site.ofExpert();
  }

  /**
   * Hidden states on their way into a step.
   *
   * @param stage the step
   * @param advance whether they become the step's outputs; else copies run through it, as far as
   *     there is something to observe
   * @param kept what to copy on the way, where anything
   */
  public record Stream(Stage stage, Matrix states, boolean advance, Optional<Kept> kept) {
    /** Of which nothing is kept. */
    public Stream(Stage stage, Matrix states, boolean advance) {
      this(stage, states, advance, Optional.empty());
    }

    /** The same, with something to keep. */
    public Stream keeping(Optional<Kept> some) {
      return new Stream(stage, states, advance, some);
    }

    /** Through the step, with nobody to see it. */
    public void pass(int length) {
      stage.forward(states, length, LinearInputs.IGNORED);
    }

    /** Keeps a chunk's inputs of the site that is kept, and shows all to another observer. */
    private LinearInputs keeping(int from, LinearInputs observer) {
      return kept.<LinearInputs>map(some -> new Keeping(some, from, observer)).orElse(observer);
    }

    /** Some rows, or a copy of them. */
    private Matrix chunk(int from, int to, Matrix copy) {
      Matrix rows = states.rowRange(from, to);
      if (advance) {
        return rows;
      }
      Matrix chunk = copy.rowRange(0, to - from);
      chunk.copyFrom(rows);
      return chunk;
    }
  }

  /**
   * The inputs of a site, kept for a second use.
   *
   * @param inputs receives them, [tokens, dIn]
   */
  public record Kept(InputSite site, Matrix inputs) {}

  /**
   * Runs states through a step, chunk by chunk, and sums what its layers see. With the original
   * model's states through its own step their drift is summed too.
   *
   * @param original states of the original model, for the same tokens or the first of them: the
   *     drift is then that of these
   * @param weights what the tokens count, one a row of the states
   * @param length tokens of a window
   */
  public void observe(Stream stream, Optional<Stream> original, TokenWeights weights, int length) {
    int total = stream.states().rows();
    int drifting = original.map(dense -> dense.states().rows()).orElse(0);
    int rows = Math.min(total, DecoderBlock.chunkRows(length));
    try (Arena arena = Arena.ofShared()) {
      Matrix copy = Matrix.allocate(arena, rows, stream.states().columns());
      Map<InputSite, Matrix> expected = new TreeMap<>();
      drifts.forEach(
          (site, drift) -> expected.put(site, Matrix.allocate(arena, rows, drift.columns())));
      int hidden = residuals.values().stream().mapToInt(CrossMoment::rows).findFirst().orElse(0);
      Matrix residual = Matrix.allocate(arena, residuals.isEmpty() ? 0 : rows, hidden);
      int to;
      for (int from = 0; from < total; from = to) {
        boolean ofBoth = from < drifting;
        to = Math.min(from + rows, ofBoth ? drifting : total);
        if (ofBoth) {
          Stream dense = original.orElseThrow();
          int count = Math.min(residual.rows(), to - from);
          subtract(
              dense.states().rowRange(from, from + count),
              stream.states().rowRange(from, from + count),
              residual.rowRange(0, count));
          expect(dense, dense.chunk(from, to, copy), length, expected);
        }
        TokenWeights ofChunk = weights.range(from, to);
        LinearInputs seen = new Seen(expected, residual, ofChunk, ofBoth, stream.advance());
        stream.stage().forward(stream.chunk(from, to, copy), length, stream.keeping(from, seen));
        if (to == drifting && to < total) {
          drifts.keySet().forEach(site -> drifted.put(site, seconds.get(site).copy()));
        }
      }
    }
  }

  /** Runs a chunk of the original model's states through its step, and keeps what layers see. */
  private void expect(Stream dense, Matrix chunk, int length, Map<InputSite, Matrix> expected) {
    dense.stage().forward(chunk, length, new Expected(expected, dense.advance()));
  }

  /** Copies the inputs of one site. */
  private record Keeping(Kept kept, int from, LinearInputs observer) implements LinearInputs {
    @Override
    public void accept(InputSite site, Matrix inputs) {
      if (site.equals(kept.site())) {
        kept.inputs().rowRange(from, from + inputs.rows()).copyFrom(inputs);
      }
      observer.accept(site, inputs);
    }

    @Override
    public void acceptSome(InputSite site, Matrix inputs, int[] tokens) {
      observer.acceptSome(site, inputs, tokens);
    }

    @Override
    public boolean seesEveryToken(InputSite site) {
      return observer.seesEveryToken(site);
    }

    @Override
    public boolean endsAt(InputSite site) {
      return observer.endsAt(site);
    }
  }

  /** Whether nothing behind a site is observed; sites of experts one by one. */
  private boolean isLast(InputSite site) {
    return seconds.keySet().stream()
        .filter(other -> other.step().equals(site.step()) && other.expert() == site.expert())
        .noneMatch(other -> other.compareTo(site) > 0);
  }

  /** Sees a stream go through the step, to its end where it advances. */
  private abstract class Observer implements LinearInputs {
    private final boolean advance;

    private Observer(boolean advance) {
      this.advance = advance;
    }

    @Override
    public final boolean endsAt(InputSite site) {
      return !advance && isLast(site);
    }
  }

  /** Keeps the original model's inputs of a chunk. */
  private final class Expected extends Observer {
    private final Map<InputSite, Matrix> inputs;

    private Expected(Map<InputSite, Matrix> inputs, boolean advance) {
      super(advance);
      this.inputs = inputs;
    }

    @Override
    public void accept(InputSite site, Matrix seen) {
      if (inputs.containsKey(site)) {
        inputs.get(site).rowRange(0, seen.rows()).copyFrom(seen);
      }
    }
  }

  /**
   * Sums inputs, and how far they have drifted from those of the original model, if there is one.
   */
  private final class Seen extends Observer {
    private final Map<InputSite, Matrix> expected;
    private final Matrix residual;
    private final TokenWeights weights;
    private final boolean ofBoth;

    private Seen(
        Map<InputSite, Matrix> expected,
        Matrix residual,
        TokenWeights weights,
        boolean ofBoth,
        boolean advance) {
      super(advance);
      this.weights = weights;
      this.ofBoth = ofBoth;
      this.expected = expected;
      this.residual = residual;
    }

    @Override
    public void accept(InputSite site, Matrix inputs) {
      SecondMoment second = seconds.get(site);
      if (second == null) {
        return;
      }
      try (Arena arena = Arena.ofShared()) {
        ChunkInputs chunk =
            site.ofExpert()
                ? ChunkInputs.plain(inputs, compute)
                : ChunkInputs.of(inputs, compute, arena);
        second.add(chunk, weights);
        if (ofBoth && expected.containsKey(site)) {
          Matrix drift = expected.get(site).rowRange(0, inputs.rows());
          subtract(drift, inputs, drift);
          drifts.get(site).add(drift, chunk, weights);
        }
        if (ofBoth && residuals.containsKey(site)) {
          residuals.get(site).add(residual.rowRange(0, inputs.rows()), chunk, weights);
        }
      }
    }

    @Override
    public void acceptSome(InputSite site, Matrix inputs, int[] tokens) {
      SecondMoment second = seconds.get(site);
      if (second != null) {
        second.add(inputs, weights.choose(tokens));
      }
    }

    @Override
    public boolean seesEveryToken(InputSite site) {
      return everyToken.contains(site);
    }
  }

  /**
   * The most off-heap memory that {@link #observe} takes beside the sums, in bytes.
   *
   * @param tokens of all windows
   * @param length tokens of a window
   * @param weighted whether some tokens count more than others
   * @param lower precisions that the step may run on
   */
  public static long observeBytes(
      ModelLayout layout,
      Step step,
      List<LinearLayer> linears,
      boolean withDrift,
      long tokens,
      int length,
      boolean weighted,
      MixedPrecision lower,
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
    long states = withDrift ? 2 : 1;
    return rows * (states * layout.columns().width() + drifts) * Float.BYTES
        + DecoderBlock.forwardBytes(layout, step, tokens, length, threads)
        + SecondMoment.addBytes(widest, threads, weighted)
        + (ForwardTrial.isPossible(lower, layout.linears())
            ? lower.preparedBytes(Math.toIntExact(rows), widest, threads)
                + ChunkInputs.scratchBytes(rows, widest, threads)
            : 0)
        + (withDrift
            ? CrossMoment.addBytes(Math.max(widest, layout.config().hiddenSize()), weighted)
            : 0);
  }

  /** Of the first columns, as many as the destination has: those behind hidden states are none. */
  private void subtract(Matrix a, Matrix b, Matrix out) {
    Matrix left = a.columnRange(0, out.columns());
    Matrix right = b.columnRange(0, out.columns());
    for (int row = 0; row < out.rows(); row++) {
      compute.kernels().arithmetic().subtract(left.row(row), right.row(row), out.row(row));
    }
  }

  @Override
  public SeenInputs inputs(InputSite site) {
    long tokens = seconds.get(site).tokens();
    return new SeenInputs(tokens, everyToken.contains(site), compute.blas().precision().label());
  }

  /** As the seam says; what C was summed in is freed. */
  @Override
  public Matrix finish(InputSite site, String what, Arena arena) {
    try (SecondMoment moment = seconds.remove(site)) {
      return moment.finish(what, arena);
    }
  }

  /** Takes the sums of a site's C, for the caller to close. */
  public SecondMoment take(InputSite site) {
    return seconds.remove(site);
  }

  @Override
  public Optional<CrossMoment> takeDrift(InputSite site) {
    return Optional.ofNullable(drifts.remove(site));
  }

  @Override
  public Optional<SecondMoment> takeDrifted(InputSite site) {
    return Optional.ofNullable(drifted.remove(site));
  }

  @Override
  public Optional<CrossMoment> takeResidual(InputSite site) {
    return Optional.ofNullable(residuals.remove(site));
  }

  @Override
  public void close() {
    seconds.values().forEach(SecondMoment::close);
    drifted.values().forEach(SecondMoment::close);
    drifts.values().forEach(CrossMoment::close);
    residuals.values().forEach(CrossMoment::close);
  }
}
