// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model.sublayer;

import dev.awp.compute.Compute;
import dev.awp.config.ModelConfig;
import dev.awp.model.ModelLayout;
import dev.awp.model.WeightSource;
import dev.awp.stored.StoredTensor;
import dev.awp.stored.TensorReader;
import dev.awp.stored.TensorView;
import dev.awp.tensor.DType;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A table with a row for every token, and what its rows are multiplied by.
 *
 * @param columns of a row
 * @param compute multiplies
 */
public record TokenTable(StoredTensor table, int columns, float factor, Compute compute) {
  /** The embedding of a model. */
  public static TokenTable embedding(ModelLayout layout, WeightSource source, Compute compute) {
    ModelConfig config = layout.config();
    StoredTensor table = source.tensor(layout.embedding());
    float factor =
        config.architecture().scalesEmbeddings()
            ? root(config.hiddenSize(), table)
            : config.multipliers().embeddings();
    return new TokenTable(table, config.hiddenSize(), factor, compute);
  }

  /** sqrt(width), rounded to the stored type as transformers' Gemma models have it. */
  static float root(int width, StoredTensor table) {
    float exact = (float) Math.sqrt(width);
    return switch (table instanceof TensorView view ? view.dtype() : DType.F32) {
      case F16 -> Float.float16ToFloat(Float.floatToFloat16(exact));
      case BF16 -> {
        int bits = Float.floatToRawIntBits(exact);
        int even = (bits >>> 16) & 1;
        yield Float.intBitsToFloat((bits + 0x7fff + even) & 0xffff0000);
      }
      default -> exact;
    };
  }

  /** The row of a token. */
  public void row(int token, Matrix out) {
    new TensorReader(compute.kernels()).decodeRows(table, token, out);
    scale(out.row(0));
  }

  /**
   * Some columns of the row of a token, as many as the destination has.
   *
   * @param from the first of them
   */
  void part(int token, int from, MemorySegment out) {
    TensorReader reader = new TensorReader(compute.kernels());
    if (table instanceof TensorView view) {
      reader.decode(view, (long) token * columns + from, out);
    } else {
      try (Arena arena = Arena.ofConfined()) {
        Matrix row = Matrix.allocate(arena, 1, columns);
        reader.decodeRows(table, token, row);
        out.copyFrom(row.row(0).asSlice((long) from * Float.BYTES, out.byteSize()));
      }
    }
    scale(out);
  }

  private void scale(MemorySegment row) {
    if (factor != 1) {
      compute.kernels().arithmetic().scale(row, factor, row);
    }
  }
}
