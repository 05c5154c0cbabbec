// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model.sublayer;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.config.ExpertConfig;
import dev.awp.config.ExpertNames;
import dev.awp.config.ExpertNorms;
import dev.awp.config.MlpConfig;
import dev.awp.kernel.ArithmeticKernels;
import dev.awp.model.InputSite;
import dev.awp.model.LinearLayer;
import dev.awp.model.MixtureStep;
import dev.awp.model.sublayer.BlockWeights.Linear;
import dev.awp.stored.StoredTensor;
import dev.awp.stored.TensorReader;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.IntPredicate;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * x + sum over the token's experts of share * down(act(gate(h)) * up(h)), and where there is one
 * the shared expert's output, times sigmoid(s h) where it is gated. Beside a feed-forward layer, x
 * + norm(norm(mlp(norm(x))) + norm(sum over the experts)), each norm another one.
 *
 * <p>The experts are most of such a model, and a token needs few of them. So one expert at a time
 * is decoded, for the tokens of a chunk that are sent to it; the others stay in their file.
 */
public final class ExpertMixture implements Sublayer {
  private final ExpertConfig experts;
  private final int hidden;
  private final RowOperations rows;
  private final Gating gating;

  /** Projections of an expert that see its input. */
  private final int inner;

  private final Router router;
  private final Optional<Beside> beside;
  private final List<LinearLayer> linears;
  private final List<Expert> views = new ArrayList<>();
  private final Optional<Shared> shared;

  /** Of gate where there are gates, up and down. */
  private record Expert(List<StoredTensor> weights, List<StoredTensor> biases) {}

  private record Shared(FeedForward mlp, Optional<MemorySegment> gate) {}

  /**
   * What a mixture beside a feed-forward layer does with its norms.
   *
   * @param router weights of the norm before the router
   * @param scales what the share of each expert is multiplied by
   * @param together weights of the norm of the sum
   */
  private record Beside(
      MemorySegment beforeShared,
      MemorySegment afterShared,
      MemorySegment beforeExperts,
      MemorySegment afterExperts,
      MemorySegment router,
      MemorySegment scales,
      Optional<MemorySegment> together) {
    static Beside of(MixtureStep step, ExpertNorms names, BlockWeights weights) {
      Matrix router = weights.matrix(step.layout().prefix(step.block()) + names.routerScale());
      float root = (float) (1 / Math.sqrt(router.columns()));
      weights.compute().kernels().arithmetic().scale(router.row(0), root, router.row(0));
      return new Beside(
          weights.norm(names.beforeShared()),
          weights.norm(names.afterShared()),
          weights.norm(names.beforeExperts()),
          weights.norm(names.afterExperts()),
          router.row(0),
          weights.vector(names.expertScales()),
          step.norms().after().map(weights::norm));
    }
  }

  /** Buffers for the tokens of one expert, and for its weights. */
  private record Buffers(
      Matrix shares,
      Matrix in,
      Matrix gate,
      Optional<Matrix> up,
      Matrix out,
      List<Matrix> weights,
      List<Matrix> biases,
      List<Linear> linears) {}

  ExpertMixture(MixtureStep step, BlockWeights weights, RowOperations rows) {
    ExpertNames names = step.names();
    MlpConfig mlp = step.mlp();
    this.experts = step.config();
    this.hidden = step.layout().config().hiddenSize();
    this.rows = rows;
    this.gating = Gating.of(mlp, experts.width(), experts.clamped(), rows, weights.arena());
    this.inner = names.inner(mlp.gated()).size();
    this.linears = step.linears();
    this.beside = names.norms().map(norms -> Beside.of(step, norms, weights));
    Matrix routing = weights.matrix(step.layout().prefix(step.block()) + names.router());
    Optional<Matrix> routerBias =
        experts.bias()
            ? Optional.of(weights.matrix(step.layout().prefix(step.block()) + names.routerBias()))
            : Optional.empty();
    Optional<MemorySegment> correction =
        experts.routing().corrected()
            ? Optional.of(weights.vector(names.correction()))
            : Optional.empty();
    this.router =
        new Router(experts, Linear.of(routing, routerBias, weights.compute()), correction, rows);
    for (int e = 0; e < experts.count(); e++) {
      String module = names.expert(e);
      List<String> parts =
          Stream.concat(names.inner(mlp.gated()).stream(), Stream.of(names.down()))
              .map(part -> module + part)
              .toList();
      views.add(
          new Expert(
              parts.stream().map(part -> weights.view(part + ".weight")).toList(),
              experts.bias()
                  ? parts.stream().map(part -> weights.view(part + ".bias")).toList()
                  : List.of()));
    }
    this.shared =
        experts.sharedWidth().stream()
            .mapToObj(mlp::withWidth)
            .map(own -> shared(weights, names, own))
            .findFirst();
  }

  private Shared shared(BlockWeights weights, ExpertNames names, MlpConfig config) {
    FeedForward mlp =
        new FeedForward(weights, names.sharedExpert(), config, Optional.empty(), rows);
    Optional<MemorySegment> gate =
        experts.sharedGated() ? Optional.of(weights.vector(names.sharedGate())) : Optional.empty();
    return new Shared(mlp, gate);
  }

  /** Floats of the buffers, one expert's weights among them. */
  static long floats(MixtureStep step, long rows) {
    ExpertConfig experts = step.config();
    int hidden = step.layout().config().hiddenSize();
    long inner = step.names().inner(step.mlp().gated()).size();
    long widths = (long) experts.width() + experts.sharedWidth().orElse(0);
    long ones = step.mlp().gated() ? 0 : widths;
    long beside = step.names().norms().isPresent() ? 2L * hidden : 0;
    return rows * (experts.count() + 2L * hidden + beside + inner * widths)
        + ones
        + (inner + 1) * hidden * experts.width();
  }

  private Buffers buffers(int most, Arena arena) {
    int width = experts.width();
    List<Matrix> weights = new ArrayList<>();
    for (int i = 0; i < inner; i++) {
      weights.add(Matrix.allocate(arena, width, hidden));
    }
    weights.add(Matrix.allocate(arena, hidden, width));
    List<Matrix> biases =
        experts.bias()
            ? weights.stream().map(weight -> Matrix.allocate(arena, 1, weight.rows())).toList()
            : List.of();
    return new Buffers(
        Matrix.allocate(arena, most, experts.count()),
        Matrix.allocate(arena, most, hidden),
        Matrix.allocate(arena, most, width),
        gating.ups(most, arena),
        Matrix.allocate(arena, most, hidden),
        weights,
        biases,
        IntStream.range(0, weights.size())
            .mapToObj(
                i ->
                    Linear.of(
                        weights.get(i),
                        biases.isEmpty() ? Optional.empty() : Optional.of(biases.get(i)),
                        rows.compute()))
            .toList());
  }

  @Override
  public Pass prepare(int most, int length, Arena arena) {
    Buffers buffers = buffers(most, arena);
    Matrix sharedGate = Matrix.allocate(arena, most, experts.sharedWidth().orElse(0));
    Optional<Matrix> sharedUp = shared.flatMap(expert -> expert.mlp().ups(most, arena));
    if (beside.isPresent()) {
      Matrix sum = Matrix.allocate(arena, most, hidden);
      Matrix seen = Matrix.allocate(arena, most, hidden);
      return (states, x, _, inputs) -> {
        Matrix own = sum.rowRange(0, x.rows());
        Matrix normed = seen.rowRange(0, x.rows());
        sum(beside.get(), states, normed, own, sharedGate, sharedUp, inputs, buffers);
        if (linears.stream().noneMatch(linear -> inputs.endsAt(linear.site()))) {
          add(beside.get(), own, x);
        }
      };
    }
    return (normed, x, _, inputs) -> {
      Router.Routes routes = route(normed, buffers.shares());
      shared.ifPresent(
          expert -> {
            Matrix out = buffers.out().rowRange(0, x.rows());
            if (expert.mlp().project(normed, sharedGate, sharedUp, inputs, out)) {
              rows.forRows(x.rows(), r -> addShared(expert, normed.row(r), out.row(r), x.row(r)));
            }
          });
      for (int e = 0; e < experts.count(); e++) {
        addExpert(e, routes, normed, x, rows.added(), inputs, buffers);
      }
    };
  }

  /**
   * What the feed-forward layer and the experts beside it make, each normed, and added up.
   *
   * @param states hidden states, overwritten
   * @param normed scratch of their shape
   * @param sum receives the sum
   */
  private void sum(
      Beside norms,
      Matrix states,
      Matrix normed,
      Matrix sum,
      Matrix sharedGate,
      Optional<Matrix> sharedUp,
      LinearInputs inputs,
      Buffers buffers) {
    Router.Routes routes = route(routerInputs(states, normed), buffers.shares());
    Matrix into = expertInputs(states, normed);
    rows.forRows(sum.rows(), r -> sum.row(r).fill((byte) 0));
    for (int e = 0; e < experts.count(); e++) {
      addExpert(e, routes, into, sum, 1, inputs, buffers);
    }
    rows.norm(sum, norms.afterExperts(), sum);
    rows.norm(states, norms.beforeShared(), normed);
    FeedForward mlp = shared.orElseThrow().mlp();
    if (mlp.project(normed, sharedGate, sharedUp, inputs, states)) {
      rows.norm(states, norms.afterShared(), states);
      ArithmeticKernels arithmetic = rows.compute().kernels().arithmetic();
      rows.forRows(sum.rows(), r -> arithmetic.add(sum.row(r), states.row(r), sum.row(r)));
    }
  }

  private void add(Beside norms, Matrix sum, Matrix x) {
    ArithmeticKernels arithmetic = rows.compute().kernels().arithmetic();
    norms.together().ifPresent(weight -> rows.norm(sum, weight, sum));
    rows.forRows(
        x.rows(), r -> arithmetic.multiplyAdd(rows.added(), sum.row(r), x.row(r), x.row(r)));
  }

  /** Scratch for what router and experts see, where that is not what the mixture is given. */
  private Matrix seen(int most, Arena arena) {
    return Matrix.allocate(arena, beside.isPresent() ? most : 0, hidden);
  }

  /**
   * What the router sees.
   *
   * @param normed what the mixture is given
   * @param out of its shape
   */
  private Matrix routerInputs(Matrix normed, Matrix out) {
    if (beside.isEmpty()) {
      return normed;
    }
    rows.norm(normed, beside.get().router(), out);
    return out;
  }

  /** What the experts see. */
  private Matrix expertInputs(Matrix normed, Matrix out) {
    if (beside.isEmpty()) {
      return normed;
    }
    rows.norm(normed, beside.get().beforeExperts(), out);
    return out;
  }

  /** What the outputs of an expert are multiplied by, whatever the token. */
  private float scale(int e) {
    return beside.map(own -> own.scales().getAtIndex(JAVA_FLOAT, e)).orElse(1f);
  }

  /**
   * How many tokens are sent to each expert.
   *
   * @param counted which rows count
   */
  public long[] countRouted(Matrix normed, IntPredicate counted) {
    try (Arena arena = Arena.ofShared()) {
      Matrix seen = seen(normed.rows(), arena);
      Router.Routes routes =
          route(routerInputs(normed, seen), Matrix.allocate(arena, normed.rows(), experts.count()));
      return IntStream.range(0, experts.count())
          .mapToLong(e -> Arrays.stream(routes.tokens(e)).filter(counted).count())
          .toArray();
    }
  }

  /**
   * What each expert adds for the tokens that are sent to it: sums of w s ||f(h)||, s the share
   * that its output f(h) is multiplied by and w what the token counts.
   *
   * @param weights of the rows
   */
  public ExpertUse use(Matrix normed, IntToDoubleFunction weights) {
    ExpertUse use = new ExpertUse(experts.count());
    ArithmeticKernels arithmetic = rows.compute().kernels().arithmetic();
    try (Arena arena = Arena.ofShared()) {
      Buffers buffers = buffers(normed.rows(), arena);
      Matrix seen = seen(normed.rows(), arena);
      Router.Routes routes = route(routerInputs(normed, seen), buffers.shares());
      Matrix into = expertInputs(normed, seen);
      for (int e = 0; e < experts.count(); e++) {
        int[] counted =
            Arrays.stream(routes.tokens(e))
                .filter(token -> weights.applyAsDouble(token) > 0)
                .toArray();
        if (counted.length > 0) {
          decode(e, buffers);
          InputSite site = InputSite.expertInput(e);
          Matrix gated = gate(e, routes, counted, into, LinearInputs.IGNORED, site, buffers);
          Matrix out = down(gated, buffers);
          for (int i = 0; i < counted.length; i++) {
            MemorySegment row = out.row(i);
            double norm = Math.sqrt(arithmetic.dot(row, row));
            float share = routes.weight(counted[i], e) * Math.abs(scale(e));
            use.add(e, weights.applyAsDouble(counted[i]), share * norm);
          }
        }
      }
    }
    return use;
  }

  private Router.Routes route(Matrix normed, Matrix scratch) {
    return router.route(normed, scratch.rowRange(0, normed.rows()));
  }

  private void addShared(Shared expert, MemorySegment h, MemorySegment out, MemorySegment x) {
    ArithmeticKernels arithmetic = rows.compute().kernels().arithmetic();
    double share =
        expert.gate().map(gate -> 1 / (1 + Math.exp(-arithmetic.dot(h, gate)))).orElse(1.0);
    arithmetic.multiplyAdd((float) share * rows.added(), out, x, x);
  }

  /**
   * Adds what an expert makes.
   *
   * @param factor what it is multiplied by beside the token's share
   */
  private void addExpert(
      int e,
      Router.Routes routes,
      Matrix normed,
      Matrix x,
      float factor,
      LinearInputs inputs,
      Buffers buffers) {
    InputSite into = InputSite.expertInput(e);
    InputSite outOf = InputSite.expertOutput(e);
    int[] routed = routes.tokens(e);
    boolean allInto = inputs.seesEveryToken(into);
    boolean allOutOf = inputs.seesEveryToken(outOf);
    if (routed.length == 0 && !allInto && !allOutOf) {
      return;
    }
    if (allInto) {
      inputs.accept(into, normed);
    }
    if (inputs.endsAt(into)) {
      if (!allInto && routed.length > 0) {
        inputs.acceptSome(into, gather(e, routes, routed, normed, buffers), routed);
      }
      return;
    }
    decode(e, buffers);
    if (allOutOf) {
      int[] every = IntStream.range(0, normed.rows()).toArray();
      inputs.accept(outOf, gate(e, routes, every, normed, LinearInputs.IGNORED, into, buffers));
    }
    if (routed.length > 0) {
      Matrix gated =
          gate(e, routes, routed, normed, allInto ? LinearInputs.IGNORED : inputs, into, buffers);
      if (!allOutOf) {
        inputs.acceptSome(outOf, gated, routed);
      }
      if (inputs.endsAt(outOf)) {
        return;
      }
      ArithmeticKernels arithmetic = rows.compute().kernels().arithmetic();
      Matrix out = down(gated, buffers);
      rows.forRows(
          routed.length,
          i -> {
            MemorySegment row = x.row(routed[i]);
            float share = experts.routing().scalesInputs() ? 1 : routes.weight(routed[i], e);
            arithmetic.multiplyAdd(share * scale(e) * factor, out.row(i), row, row);
          });
    }
  }

  /** act(gate(h)) * up(h) of some tokens. */
  private Matrix gate(
      int e,
      Router.Routes routes,
      int[] tokens,
      Matrix normed,
      LinearInputs inputs,
      InputSite site,
      Buffers buffers) {
    Matrix in = gather(e, routes, tokens, normed, buffers);
    Matrix gate = buffers.gate().rowRange(0, tokens.length);
    Optional<Matrix> up = buffers.up().map(all -> all.rowRange(0, tokens.length));
    inputs.acceptSome(site, in, tokens);
    rows.project(in, buffers.linears().getFirst(), gate);
    up.ifPresent(own -> rows.project(in, buffers.linears().get(1), own));
    gating.apply(gate, up);
    return gate;
  }

  /** What an expert makes of its gated activations. */
  private Matrix down(Matrix gated, Buffers buffers) {
    Matrix out = buffers.out().rowRange(0, gated.rows());
    rows.project(gated, buffers.linears().getLast(), out);
    return out;
  }

  /** The rows of some tokens, times the shares of those that are routed where inputs are. */
  private Matrix gather(int e, Router.Routes routes, int[] tokens, Matrix normed, Buffers buffers) {
    Matrix in = buffers.in().rowRange(0, tokens.length);
    ArithmeticKernels arithmetic = rows.compute().kernels().arithmetic();
    rows.forRows(
        tokens.length,
        i -> {
          in.row(i).copyFrom(normed.row(tokens[i]));
          float share = routes.weight(tokens[i], e);
          if (experts.routing().scalesInputs() && share != 0) {
            arithmetic.scale(in.row(i), share, in.row(i));
          }
        });
    return in;
  }

  private void decode(int e, Buffers buffers) {
    decode(views.get(e).weights(), buffers.weights());
    decode(views.get(e).biases(), buffers.biases());
  }

  private void decode(List<StoredTensor> stored, List<Matrix> into) {
    TensorReader reader = new TensorReader(rows.compute().kernels());
    for (int i = 0; i < stored.size(); i++) {
      reader.decodeFinite(stored.get(i), into.get(i), rows.compute().workers());
      stored.get(i).release();
    }
  }
}
