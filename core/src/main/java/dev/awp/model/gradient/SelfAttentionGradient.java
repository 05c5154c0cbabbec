// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model.gradient;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.compute.Compute;
import dev.awp.config.AttentionConfig;
import dev.awp.config.AttentionTemperature;
import dev.awp.config.QueryKeyNorm;
import dev.awp.model.attention.Attention;
import dev.awp.model.attention.AttentionGradient;
import dev.awp.model.attention.AttentionGradient.Rows;
import dev.awp.model.attention.RotaryTable;
import dev.awp.model.attention.WholeSequences;
import dev.awp.model.sublayer.HeadRotation;
import dev.awp.model.sublayer.RowOperations;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.LongStream;

/**
 * o(attention(q(h), k(h), v(h))) and its derivatives; where outputs have gates, which lie behind
 * the queries of each head, o(attention(...) sigmoid(gates)).
 */
final class SelfAttentionGradient implements StepGradient {
  /** What is normed: places of queries' and keys' weights among the norms; values have none. */
  private static final int QUERIES = 0;

  private static final int KEYS = 1;
  private static final int VALUES = 2;

  private final AttentionConfig config;
  private final Layers layers;
  private final NormGradient norm;
  private final RowOperations operations;
  private final int length;
  private final WholeSequences places;
  private final WholeSequences back;
  private final HeadRotation rotation;
  private final MemorySegment ones;

  /** Queries, keys and values as attention sees them, and derivatives in their places. */
  private final Rows rows;

  /** Queries and keys as their norms see them, where they are normed. */
  private final Optional<Matrix> unnormedQueries;

  private final Optional<Matrix> unnormedKeys;
  private final Optional<Matrix> unnormedValues;
  private final Rows by;
  private final Matrix attended;
  private final Matrix byAttended;
  private final Optional<Gates> gates;

  /**
   * The layers of the step.
   *
   * @param inputs q, k and v projections; no v where keys are values, and q alone where keys and
   *     values are another block's
   * @param norms weights of queries' and keys' norms, where they have some
   * @param sinks one score a head, where heads have such
   * @param borrowed the first column of keys, and behind them values, behind the hidden states,
   *     where they are another block's
   */
  record Layers(
      List<Product> inputs,
      Product output,
      List<MemorySegment> norms,
      Optional<MemorySegment> sinks,
      OptionalInt borrowed) {
    Layers {
      inputs = List.copyOf(inputs);
      norms = List.copyOf(norms);
    }
  }

  /**
   * Buffers of gates.
   *
   * @param together queries and gates, head by head
   * @param by derivatives by them
   * @param gated what the output projection is given
   */
  private record Gates(Matrix together, Matrix by, Matrix gated) {
    static Gates allocate(AttentionConfig config, int n, Arena arena) {
      return new Gates(
          Matrix.allocate(arena, n, config.queryRows()),
          Matrix.allocate(arena, n, config.queryRows()),
          Matrix.allocate(arena, n, config.outputWidth()));
    }
  }

  /**
   * The attention of a block.
   *
   * @param n rows that go through it at a time, whole sequences
   * @param length tokens of a sequence
   */
  SelfAttentionGradient(
      AttentionConfig config, Layers layers, NormGradient norm, int n, int length, Arena arena) {
    this.config = config;
    this.layers = layers;
    this.norm = norm;
    this.operations = norm.operations();
    Compute compute = operations.compute();
    this.length = length;
    Attention attention = new Attention(config, compute, layers.sinks());
    RotaryTable table = RotaryTable.of(config, length, arena);
    this.places = new WholeSequences(length, table, attention);
    this.back = new WholeSequences(length, table.transposed(arena), attention);
    this.rotation = HeadRotation.of(config, operations.network());
    this.rows = allocate(n, arena);
    this.by = allocate(n, arena);
    this.attended = Matrix.allocate(arena, n, config.outputWidth());
    this.byAttended = Matrix.allocate(arena, n, config.outputWidth());
    this.gates =
        config.outputGate() ? Optional.of(Gates.allocate(config, n, arena)) : Optional.empty();
    boolean normed = config.queryKeyNorm() != QueryKeyNorm.NONE;
    this.unnormedQueries =
        normed ? Optional.of(Matrix.allocate(arena, n, config.queryWidth())) : Optional.empty();
    this.unnormedKeys =
        normed ? Optional.of(Matrix.allocate(arena, n, config.keyValueWidth())) : Optional.empty();
    this.unnormedValues =
        makesKeys() && config.keyValues().valuesNormed()
            ? Optional.of(Matrix.allocate(arena, n, config.valueWidth()))
            : Optional.empty();
    this.ones = RowOperations.ones(config.headDimension(), arena);
  }

  private boolean makesKeys() {
    return layers.borrowed().isEmpty();
  }

  private Rows allocate(int n, Arena arena) {
    return new Rows(
        Matrix.allocate(arena, n, config.queryWidth()),
        Matrix.allocate(arena, n, config.keyValueWidth()),
        Matrix.allocate(arena, n, config.valueWidth()));
  }

  /** Floats of the buffers. */
  static long floats(AttentionConfig config, long rows, int length, int threads) {
    long widths = (long) config.queryWidth() + config.keyValueWidth();
    int kept = config.queryKeyNorm() == QueryKeyNorm.NONE ? 2 : 3;
    long gated = config.outputGate() ? 2L * config.queryRows() + config.outputWidth() : 0;
    long values = config.keyValues().valuesNormed() ? config.valueWidth() : 0;
    return rows
            * (gated
                + values
                + kept * widths
                + 2L * ((long) config.valueWidth() + config.outputWidth()))
        + 2L * length * config.headDimension()
        + AttentionGradient.floats(length, threads);
  }

  @Override
  public void forward(Matrix in, Matrix beside, Matrix out) {
    layers.inputs().get(0).forward(in, gates.map(Gates::together).orElse(rows.q()));
    gates.ifPresent(own -> copyQueries(own.together(), rows.q(), false));
    turn(rows.q(), QUERIES, unnormedQueries);
    if (makesKeys()) {
      makeKeyValues(in);
    } else {
      int first = layers.borrowed().getAsInt();
      int middle = first + config.keyValueWidth();
      rows.k().copyFrom(beside.columnRange(first, middle));
      rows.v().copyFrom(beside.columnRange(middle, middle + config.valueWidth()));
    }
    scale(rows.q());
    places.attend(rows.q(), rows.k(), rows.v(), attended);
    gates.ifPresent(own -> operations.forRows(attended.rows(), r -> gate(own, r)));
    layers.output().forward(gates.map(Gates::gated).orElse(attended), out);
  }

  private void makeKeyValues(Matrix in) {
    layers.inputs().get(1).forward(in, rows.k());
    if (config.keyValues().keysAreValues()) {
      rows.v().copyFrom(rows.k());
    } else {
      layers.inputs().get(2).forward(in, rows.v());
    }
    if (unnormedValues.isPresent()) {
      operations.forRows(in.rows(), r -> normed(rows.v().row(r), r, VALUES, unnormedValues));
    }
    turn(rows.k(), KEYS, unnormedKeys);
  }

  /**
   * Derivatives by keys and values as attention sees them become those by what they are made of.
   */
  private void keyValuesBackward(Matrix in, float momentum, Matrix byInput) {
    turnBack(by.k(), KEYS, unnormedKeys);
    if (unnormedValues.isPresent()) {
      operations.forRows(in.rows(), r -> normedBack(by.v().row(r), r, VALUES, unnormedValues));
    }
    if (config.keyValues().keysAreValues()) {
      var arithmetic = operations.compute().kernels().arithmetic();
      operations.forRows(
          by.k().rows(), r -> arithmetic.add(by.k().row(r), by.v().row(r), by.k().row(r)));
    } else {
      layers.inputs().get(2).backward(in, by.v(), momentum, byInput, true);
    }
    layers.inputs().get(1).backward(in, by.k(), momentum, byInput, true);
  }

  /**
   * Copies the queries of every head.
   *
   * @param back to where gates lie behind them, and not from there
   */
  private void copyQueries(Matrix together, Matrix queries, boolean back) {
    operations.forRows(
        queries.rows(),
        r -> {
          List<MemorySegment> own = heads(queries.row(r));
          List<MemorySegment> pairs = heads(together.row(r));
          for (int head = 0; head < own.size(); head++) {
            MemorySegment there = pairs.get(2 * head);
            (back ? there : own.get(head)).copyFrom(back ? own.get(head) : there);
          }
        });
  }

  private void gate(Gates own, int r) {
    List<MemorySegment> pairs = heads(own.together().row(r));
    List<MemorySegment> from = heads(attended.row(r));
    List<MemorySegment> to = heads(own.gated().row(r));
    for (int head = 0; head < from.size(); head++) {
      operations.network().glu(pairs.get(2 * head + 1), from.get(head), to.get(head));
    }
  }

  /** Derivatives by gates, and by what was gated in the place of those by what came of it. */
  private void gateBackward(Gates own, int r) {
    List<MemorySegment> pairs = heads(own.together().row(r));
    List<MemorySegment> byPairs = heads(own.by().row(r));
    List<MemorySegment> from = heads(attended.row(r));
    List<MemorySegment> by = heads(byAttended.row(r));
    for (int head = 0; head < from.size(); head++) {
      MemorySegment shares = byPairs.get(2 * head + 1);
      operations.network().glu(pairs.get(2 * head + 1), ones, shares);
      for (int i = 0; i < config.headDimension(); i++) {
        float share = shares.getAtIndex(JAVA_FLOAT, i);
        float byGated = by.get(head).getAtIndex(JAVA_FLOAT, i);
        float slope = share * (1 - share) * from.get(head).getAtIndex(JAVA_FLOAT, i);
        shares.setAtIndex(JAVA_FLOAT, i, slope * byGated);
        by.get(head).setAtIndex(JAVA_FLOAT, i, share * byGated);
      }
    }
  }

  @Override
  public void backward(Matrix in, Matrix byOutput, float momentum, Matrix byInput) {
    Matrix given = gates.map(Gates::gated).orElse(attended);
    layers.output().backward(given, byOutput, momentum, byAttended, false);
    gates.ifPresent(own -> operations.forRows(in.rows(), r -> gateBackward(own, r)));
    new AttentionGradient(places.attention()).backward(rows, attended, byAttended, by, length);
    scale(by.q());
    turnBack(by.q(), QUERIES, unnormedQueries);
    gates.ifPresent(own -> copyQueries(own.by(), by.q(), true));
    Matrix byQueries = gates.map(Gates::by).orElse(by.q());
    layers.inputs().get(0).backward(in, byQueries, momentum, byInput, false);
    if (makesKeys()) {
      keyValuesBackward(in, momentum, byInput);
    }
  }

  /**
   * Norms and rotates queries or keys.
   *
   * @param which of the norms' weights
   * @param unnormed receives what is normed
   */
  private void turn(Matrix x, int which, Optional<Matrix> unnormed) {
    boolean late = config.queryKeyNorm() == QueryKeyNorm.ROTATED_HEADS;
    operations.forRows(
        x.rows(),
        r -> {
          MemorySegment row = x.row(r);
          if (!late) {
            normed(row, r, which, unnormed);
          }
          for (MemorySegment head : heads(row)) {
            rotation.apply(head, r, places);
          }
          if (late) {
            normed(row, r, which, unnormed);
          }
        });
  }

  private void normed(MemorySegment row, int r, int which, Optional<Matrix> unnormed) {
    if (unnormed.isPresent()) {
      unnormed.get().row(r).copyFrom(row);
      List<MemorySegment> parts = parts(row, which);
      for (int i = 0; i < parts.size(); i++) {
        operations.norm(parts.get(i), weight(which, i), parts.get(i));
      }
    }
  }

  /** Derivatives by turned queries or keys become those by what they were before. */
  private void turnBack(Matrix by, int which, Optional<Matrix> unnormed) {
    boolean late = config.queryKeyNorm() == QueryKeyNorm.ROTATED_HEADS;
    operations.forRows(
        by.rows(),
        r -> {
          MemorySegment row = by.row(r);
          if (late) {
            normedBack(row, r, which, unnormed);
          }
          for (MemorySegment head : heads(row)) {
            rotation.undo(head, r, back);
          }
          if (!late) {
            normedBack(row, r, which, unnormed);
          }
        });
  }

  private void normedBack(MemorySegment row, int r, int which, Optional<Matrix> unnormed) {
    if (unnormed.isPresent()) {
      List<MemorySegment> parts = parts(row, which);
      List<MemorySegment> before = parts(unnormed.get().row(r), which);
      for (int i = 0; i < parts.size(); i++) {
        norm.backward(before.get(i), weight(which, i), parts.get(i), parts.get(i));
      }
    }
  }

  /** What is normed together. */
  private List<MemorySegment> parts(MemorySegment row, int which) {
    boolean together = which != VALUES && config.queryKeyNorm() == QueryKeyNorm.TOGETHER;
    return together ? List.of(row) : heads(row);
  }

  private List<MemorySegment> heads(MemorySegment row) {
    long bytes = (long) config.headDimension() * Float.BYTES;
    return LongStream.range(0, row.byteSize() / bytes)
        .mapToObj(head -> row.asSlice(head * bytes, bytes))
        .toList();
  }

  private MemorySegment weight(int which, int part) {
    if (which == VALUES) {
      return ones;
    }
    return switch (config.queryKeyNorm()) {
      case HEADS_APART -> heads(layers.norms().get(which)).get(part);
      case HEADS, TOGETHER -> layers.norms().get(which);
      case ROTATED_HEADS, NONE -> ones;
    };
  }

  private void scale(Matrix queries) {
    config
        .scores()
        .temperature()
        .ifPresent(
            temperature ->
                operations.forRows(queries.rows(), r -> scale(queries.row(r), r, temperature)));
  }

  private void scale(MemorySegment row, int r, AttentionTemperature temperature) {
    float factor = temperature.factor(places.position(r));
    operations.compute().kernels().arithmetic().scale(row, factor, row);
  }
}
