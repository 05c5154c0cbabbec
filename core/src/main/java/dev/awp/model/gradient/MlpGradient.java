// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model.gradient;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.config.Activation;
import dev.awp.config.MlpConfig;
import dev.awp.kernel.NetworkKernels;
import dev.awp.model.sublayer.RowOperations;
import dev.awp.model.sublayer.TokenVectors;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * down(act(gate(h)) * up(h)) and its derivatives; up(h) may be something that depends on no hidden
 * state.
 */
final class MlpGradient implements StepGradient {
  /** sqrt(2 / pi), and the cubic term of GELU's approximation by tanh. */
  private static final float GELU_FACTOR = (float) Math.sqrt(2 / Math.PI);

  private static final float GELU_CUBE = 0.044715f;

  private final Product gate;
  private final Factor up;
  private final Product down;
  private final Activation activation;
  private final RowOperations operations;
  private final Matrix gates;
  private final Matrix ups;
  private final Matrix gated;

  /** What the gates are multiplied with. */
  interface Factor {
    /** As {@link StepGradient#forward}. */
    void forward(Matrix in, Matrix beside, Matrix out);

    /** Adds derivatives by the inputs, as {@link Product#backward}. */
    void backward(Matrix in, Matrix byOutput, float momentum, Matrix byInput);

    /** That of a layer of the same inputs. */
    static Factor of(Product layer) {
      return new Factor() {
        @Override
        public void forward(Matrix in, Matrix beside, Matrix out) {
          layer.forward(in, out);
        }

        @Override
        public void backward(Matrix in, Matrix byOutput, float momentum, Matrix byInput) {
          layer.backward(in, byOutput, momentum, byInput, true);
        }
      };
    }

    /** The vectors of tokens, which no hidden state changes. */
    static Factor of(TokenVectors vectors, Matrix embedded) {
      return new Factor() {
        @Override
        public void forward(Matrix in, Matrix beside, Matrix out) {
          vectors.of(beside.columnRange(0, 1), embedded, out);
        }

        @Override
        public void backward(Matrix in, Matrix byOutput, float momentum, Matrix byInput) {}
      };
    }
  }

  /**
   * The feed-forward layer of a block.
   *
   * @param rows that go through it at a time
   */
  MlpGradient(
      Product gate,
      Factor up,
      Product down,
      Activation activation,
      int rows,
      RowOperations operations,
      Arena arena) {
    this.gate = gate;
    this.up = up;
    this.down = down;
    this.activation = activation;
    this.operations = operations;
    int width = gate.weight().rows();
    this.gates = Matrix.allocate(arena, rows, width);
    this.ups = Matrix.allocate(arena, rows, width);
    this.gated = Matrix.allocate(arena, rows, width);
  }

  /** Whether a layer is such a one, of an activation whose derivative is known. */
  static boolean isOf(MlpConfig config) {
    return config.gated() && config.activation() != Activation.SQUARED_RELU;
  }

  private IllegalStateException unknown() {
    return new IllegalStateException("derivatives of " + activation);
  }

  /** Floats of the buffers. */
  static long floats(long rows, int width) {
    return 3 * rows * width;
  }

  @Override
  public void forward(Matrix in, Matrix beside, Matrix out) {
    gate.forward(in, gates);
    up.forward(in, beside, ups);
    NetworkKernels network = operations.network();
    operations.forRows(
        in.rows(),
        r -> {
          switch (activation) {
            case SILU -> network.swiGlu(gates.row(r), ups.row(r), gated.row(r));
            case GELU_TANH -> network.geGlu(gates.row(r), ups.row(r), gated.row(r));
            case SQUARED_RELU -> throw unknown();
          }
        });
    down.forward(gated, out);
  }

  @Override
  public void backward(Matrix in, Matrix byOutput, float momentum, Matrix byInput) {
    // The gated values are needed for the derivatives by W alone: then their place is free.
    down.backward(gated, byOutput, momentum, gated, false);
    operations.forRows(in.rows(), this::gateBackward);
    gate.backward(in, gates, momentum, byInput, false);
    up.backward(in, ups, momentum, byInput);
  }

  /** Derivatives by gate and up, in their places. */
  private void gateBackward(int r) {
    MemorySegment gateRow = gates.row(r);
    MemorySegment upRow = ups.row(r);
    float[] g = gateRow.toArray(JAVA_FLOAT);
    float[] u = upRow.toArray(JAVA_FLOAT);
    float[] by = gated.row(r).toArray(JAVA_FLOAT);
    int n = g.length;
    // tanh by the kernel of the forward pass, in the gate's place.
    switch (activation) {
      case SILU -> {
        operations.network().softCap(gateRow, 0.5f, 1);
        float[] tanh = gateRow.toArray(JAVA_FLOAT);
        for (int i = 0; i < n; i++) {
          float sigmoid = 0.5f + 0.5f * tanh[i];
          float act = g[i] * sigmoid;
          float slope = sigmoid + act * (1 - sigmoid);
          g[i] = by[i] * u[i] * slope;
          u[i] = by[i] * act;
        }
      }
      case GELU_TANH -> {
        float[] inner = new float[n];
        for (int i = 0; i < n; i++) {
          inner[i] = GELU_FACTOR * g[i] * (1 + GELU_CUBE * g[i] * g[i]);
        }
        MemorySegment.copy(inner, 0, gateRow, JAVA_FLOAT, 0, n);
        operations.network().softCap(gateRow, 1, 1);
        float[] tanh = gateRow.toArray(JAVA_FLOAT);
        for (int i = 0; i < n; i++) {
          float half = 0.5f + 0.5f * tanh[i];
          float innerSlope = GELU_FACTOR * (1 + 3 * GELU_CUBE * g[i] * g[i]);
          float slope = half + 0.5f * g[i] * (1 - tanh[i] * tanh[i]) * innerSlope;
          float act = g[i] * half;
          g[i] = by[i] * u[i] * slope;
          u[i] = by[i] * act;
        }
      }
      case SQUARED_RELU -> throw unknown();
    }
    MemorySegment.copy(g, 0, gateRow, JAVA_FLOAT, 0, n);
    MemorySegment.copy(u, 0, upRow, JAVA_FLOAT, 0, n);
  }
}
