// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model.gradient;

import dev.awp.compute.Compute;
import dev.awp.config.AttentionConfig;
import dev.awp.config.MlpConfig;
import dev.awp.config.QueryKeyNorm;
import dev.awp.model.AttentionStep;
import dev.awp.model.BlockStep;
import dev.awp.model.LinearLayer;
import dev.awp.model.MixtureStep;
import dev.awp.model.MlpStep;
import dev.awp.model.ModelLayout;
import dev.awp.model.PerLayerStep;
import dev.awp.model.RecurrenceStep;
import dev.awp.model.StateColumns;
import dev.awp.model.WeightSource;
import dev.awp.model.sublayer.BlockWeights;
import dev.awp.model.sublayer.RowOperations;
import dev.awp.model.sublayer.TokenVectors;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * A decoder block whose linear layers' weights may change, forward and backward. What it computes
 * forward is what {@code DecoderBlock} computes, but for the order of some sums.
 */
public final class BlockGradient {
  private final BlockWeights block;
  private final RowOperations operations;
  private final List<Branch> branches = new ArrayList<>();
  private final boolean parallel;
  private final StateColumns columns;
  private final float scalar;
  private final Matrix kept;
  private final Map<LinearLayer, Matrix> weights = new HashMap<>();
  private final Map<LinearLayer, Matrix> derivatives = new HashMap<>();

  /**
   * A block, all weights in memory.
   *
   * @param index of the block, which has no {@linkplain #obstacle obstacle}
   * @param rows that go through it at a time, whole sequences
   * @param length tokens of a sequence
   * @param wanted layers by whose weights derivatives are taken
   * @param arena owns weights, derivatives and buffers
   */
  public BlockGradient(
      ModelLayout layout,
      int index,
      WeightSource source,
      int rows,
      int length,
      Predicate<LinearLayer> wanted,
      Compute compute,
      Arena arena) {
    this.block = new BlockWeights(layout, index, source, compute, arena);
    this.parallel = layout.architecture().parallel();
    this.columns = layout.columns();
    this.scalar =
        layout
            .blockSteps(index)
            .getLast()
            .scalar()
            .map(name -> block.matrix(name).get(0, 0))
            .orElse(1f);
    this.kept = Matrix.allocate(arena, rows, layout.config().hiddenSize());
    this.operations = RowOperations.of(layout.config(), compute);
    for (BlockStep step : layout.blockSteps(index)) {
      NormGradient norm = new NormGradient(operations.adding(step.multiplier()));
      for (LinearLayer linear : step.linears()) {
        weights.put(linear, block.matrix(linear.weight()));
        if (wanted.test(linear)) {
          derivatives.put(linear, Matrix.allocate(arena, linear.rows(), linear.columns()));
        }
      }
      branches.add(
          new Branch(
              sublayer(step, norm, rows, length),
              norm,
              step.norms().before().map(block::norm),
              step.norms().after().map(block::norm),
              Matrix.allocate(arena, rows, kept.columns()),
              Matrix.allocate(arena, rows, kept.columns()),
              Matrix.allocate(arena, rows, kept.columns())));
    }
  }

  /** Why there are no derivatives of a block; empty where there are. */
  public static Optional<String> obstacle(ModelLayout layout, int index) {
    for (BlockStep step : layout.blockSteps(index)) {
      if (step instanceof AttentionStep && layout.columns().keys(index).isPresent()) {
        return Optional.of(
            "later blocks take their keys and values, of which a block's own output does not tell");
      }
      if (step instanceof MlpStep mlp && !isKnown(mlp.config())) {
        return Optional.of(
            "the derivatives of feed-forward layers with a gate are known of silu and"
                + " gelu_pytorch_tanh, without one of relu2");
      }
      if (!(step instanceof AttentionStep
          || step instanceof MlpStep
          || step instanceof PerLayerStep)) {
        return Optional.of(
            "the derivatives of %s are not known"
                .formatted(
                    switch (step) {
                      case MixtureStep _ -> "mixtures of experts";
                      case RecurrenceStep recurrence -> recurrence.config().title();
                      default -> "latent attention";
                    }));
      }
    }
    return Optional.empty();
  }

  private static boolean isKnown(MlpConfig config) {
    return UngatedMlpGradient.isOf(config) || MlpGradient.isOf(config);
  }

  /**
   * Off-heap memory of the largest block that has derivatives, in bytes.
   *
   * @param rows that go through it at a time
   * @param length tokens of a sequence
   */
  public static long bytes(ModelLayout layout, long rows, int length, int threads) {
    return layout.blockKinds().stream()
            .filter(block -> obstacle(layout, block).isEmpty())
            .mapToLong(block -> floats(layout, block, rows, length, threads))
            .max()
            .orElse(0)
        * Float.BYTES;
  }

  private static long floats(ModelLayout layout, int block, long rows, int length, int threads) {
    long floats = rows * layout.config().hiddenSize();
    for (BlockStep step : layout.blockSteps(block)) {
      floats += 3 * rows * layout.config().hiddenSize();
      floats +=
          switch (step) {
            case AttentionStep attention ->
                SelfAttentionGradient.floats(attention.config(), rows, length, threads);
            case MlpStep mlp when UngatedMlpGradient.isOf(mlp.config()) ->
                UngatedMlpGradient.floats(rows, mlp.config().width());
            case MlpStep mlp -> MlpGradient.floats(rows, mlp.config().width());
            case PerLayerStep own ->
                MlpGradient.floats(rows, own.config().width())
                    + (rows + own.config().width()) * layout.config().hiddenSize();
            default -> throw new IllegalArgumentException(step + " has no derivatives");
          };
      for (LinearLayer linear : step.linears()) {
        floats += 2L * linear.rows() * linear.columns();
      }
    }
    return floats;
  }

  private StepGradient sublayer(BlockStep step, NormGradient norm, int rows, int length) {
    return switch (step) {
      case AttentionStep attention -> attention(attention, norm, rows, length);
      case MlpStep mlp when UngatedMlpGradient.isOf(mlp.config()) -> {
        List<Product> products = products(step, List.of(mlp.config().width()));
        yield new UngatedMlpGradient(
            products.get(0), products.get(1), rows, operations, block.arena());
      }
      case MlpStep mlp -> {
        int width = mlp.config().width();
        List<Product> products = products(step, List.of(width, width));
        yield new MlpGradient(
            products.get(0),
            MlpGradient.Factor.of(products.get(1)),
            products.get(2),
            mlp.config().activation(),
            rows,
            operations,
            block.arena());
      }
      case PerLayerStep own -> {
        List<Product> products = products(step, List.of(own.config().width()));
        Matrix embedded = Matrix.allocate(block.arena(), rows, kept.columns());
        yield new MlpGradient(
            products.get(0),
            MlpGradient.Factor.of(TokenVectors.of(own, block, operations), embedded),
            products.get(1),
            block.layout().config().block(own.block()).mlp().activation(),
            rows,
            operations,
            block.arena());
      }
      default -> throw new IllegalArgumentException(step + " has no derivatives");
    };
  }

  private StepGradient attention(AttentionStep step, NormGradient norm, int rows, int length) {
    AttentionConfig config = step.config();
    OptionalInt source = config.keyValues().sharedFrom();
    List<Product> products = products(step, step.inputRows());
    boolean normed =
        config.queryKeyNorm() != QueryKeyNorm.NONE
            && config.queryKeyNorm() != QueryKeyNorm.ROTATED_HEADS;
    SelfAttentionGradient.Layers layers =
        new SelfAttentionGradient.Layers(
            products.subList(0, products.size() - 1),
            products.getLast(),
            Stream.of(step.queryNorm(), step.keyNorm())
                .limit(!normed ? 0 : source.isPresent() ? 1 : 2)
                .map(block::norm)
                .toList(),
            config.scores().sinks() ? Optional.of(block.vector(step.sinks())) : Optional.empty(),
            source.isPresent() ? columns.keys(source.getAsInt()) : source);
    return new SelfAttentionGradient(config, layers, norm, rows, length, block.arena());
  }

  /**
   * The layers of a step, those of its input one by one though they may be fused, its last one
   * behind them.
   *
   * @param rows of those of its input
   */
  private List<Product> products(BlockStep step, List<Integer> rows) {
    List<LinearLayer> linears = step.linears();
    List<Product> products = new ArrayList<>();
    if (linears.size() == rows.size() + 1) {
      linears.forEach(linear -> products.add(product(step, linear, 0, linear.rows())));
      return products;
    }
    int from = 0;
    for (int count : rows) {
      products.add(product(step, linears.getFirst(), from, from + count));
      from += count;
    }
    LinearLayer last = linears.getLast();
    products.add(product(step, last, 0, last.rows()));
    return products;
  }

  private Product product(BlockStep step, LinearLayer linear, int from, int to) {
    Optional<MemorySegment> bias =
        step.hasBias(linear)
            ? Optional.of(block.matrix(linear.bias()).columnRange(from, to).row(0))
            : Optional.empty();
    return new Product(
        weights.get(linear).rowRange(from, to),
        Optional.ofNullable(derivatives.get(linear)).map(by -> by.rowRange(from, to)),
        bias,
        operations);
  }

  /** The weights of a layer, [dOut, dIn]: whoever changes them changes what the block computes. */
  public Matrix weights(LinearLayer linear) {
    return weights.get(linear);
  }

  /** The derivatives by the weights of a wanted layer, of the last backward pass. */
  public Matrix derivatives(LinearLayer linear) {
    return derivatives.get(linear);
  }

  /**
   * Takes whole sequences through the block, and keeps what {@link #backward} needs.
   *
   * @param states [rows, columns as {@link StateColumns} says], as many rows as the block was made
   *     for; the hidden ones are replaced by its output
   */
  public void forward(Matrix states) {
    Matrix x = hidden(states);
    Matrix beside = columns.beside(states);
    Matrix before = x;
    if (parallel) {
      kept.copyFrom(x);
      before = kept;
    }
    for (Branch branch : branches) {
      branch.forward(before, x, beside);
    }
    scale(x);
  }

  /** The hidden states among some states. */
  public Matrix hidden(Matrix states) {
    return columns.hidden(states);
  }

  private void scale(Matrix x) {
    if (scalar != 1) {
      operations.forRows(
          x.rows(),
          r -> operations.compute().kernels().arithmetic().scale(x.row(r), scalar, x.row(r)));
    }
  }

  /**
   * Derivatives of a number by the wanted weights and by the block's input.
   *
   * @param by derivatives by the block's output [rows, hidden], replaced by those by its input
   * @param momentum what derivatives by weights of the passes before are multiplied by, and added
   */
  public void backward(Matrix by, float momentum) {
    scale(by);
    Matrix behind = by;
    if (parallel) {
      kept.copyFrom(by);
      behind = kept;
    }
    for (Branch branch : branches.reversed()) {
      branch.backward(behind, by, momentum);
    }
  }

  /**
   * A step: x + c norm(f(norm(x))), c what added outputs are multiplied by.
   *
   * @param input keeps x
   * @param normed keeps what f is given
   * @param output keeps what f makes of it
   */
  private record Branch(
      StepGradient sublayer,
      NormGradient norm,
      Optional<MemorySegment> before,
      Optional<MemorySegment> after,
      Matrix input,
      Matrix normed,
      Matrix output) {
    /**
     * Adds what the step makes of some hidden states to others.
     *
     * @param from may be {@code x}
     * @param beside what lies behind the hidden states
     */
    void forward(Matrix from, Matrix x, Matrix beside) {
      input.copyFrom(from);
      RowOperations operations = norm.operations();
      operations.forRows(
          x.rows(),
          r -> {
            if (before.isPresent()) {
              operations.norm(input.row(r), before.get(), normed.row(r));
            } else {
              normed.row(r).copyFrom(input.row(r));
            }
          });
      sublayer.forward(normed, beside, output);
      var arithmetic = operations.compute().kernels().arithmetic();
      try (Arena arena = Arena.ofShared()) {
        Matrix added = after.isPresent() ? Matrix.allocate(arena, x.rows(), x.columns()) : output;
        operations.forRows(
            x.rows(),
            r -> {
              after.ifPresent(weight -> operations.norm(output.row(r), weight, added.row(r)));
              arithmetic.multiplyAdd(operations.added(), added.row(r), x.row(r), x.row(r));
            });
      }
    }

    /**
     * Adds derivatives by the step's input to others.
     *
     * @param behind derivatives by the hidden states behind the step; may be {@code by}
     */
    void backward(Matrix behind, Matrix by, float momentum) {
      RowOperations operations = norm.operations();
      var arithmetic = operations.compute().kernels().arithmetic();
      operations.forRows(
          by.rows(),
          r -> {
            MemorySegment row = output.row(r);
            if (after.isPresent()) {
              norm.backward(row, after.get(), behind.row(r), row);
            } else {
              row.copyFrom(behind.row(r));
            }
            arithmetic.scale(row, operations.added(), row);
          });
      try (Arena arena = Arena.ofShared()) {
        Matrix byNormed = Matrix.allocate(arena, by.rows(), by.columns());
        sublayer.backward(normed, output, momentum, byNormed);
        operations.forRows(
            by.rows(),
            r -> {
              MemorySegment row = byNormed.row(r);
              if (before.isPresent()) {
                norm.backward(input.row(r), before.get(), row, row);
              }
              arithmetic.add(by.row(r), row, by.row(r));
            });
      }
    }
  }
}
