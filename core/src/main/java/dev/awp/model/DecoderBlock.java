// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model;

import dev.awp.checkpoint.ModelConfig;
import dev.awp.checkpoint.StoredTensor;
import dev.awp.checkpoint.TensorReader;
import dev.awp.kernel.Blas.Op;
import dev.awp.kernel.Compute;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * One decoder block with its weights decoded to float32, in memory that the caller owns:
 *
 * <pre>
 *   x = x + o_proj(attention(rmsNorm(x)))
 *   x = x + down_proj(silu(gate_proj(h)) * up_proj(h)),  h = rmsNorm(x)
 * </pre>
 */
public final class DecoderBlock {
  /** Tokens that go through at a time: scratch memory is about this many rows of every site. */
  private static final int CHUNK_TOKENS = 2048;

  /** Rows of one task of the row-wise pieces. */
  private static final int ROW_BLOCK = 64;

  private final ModelConfig config;
  private final Compute compute;
  private final List<LinearLayer> linears;
  private final Map<String, Matrix> weights = new HashMap<>();
  private final String prefix;

  DecoderBlock(
      ModelLayout layout,
      int index,
      WeightSource source,
      Compute compute,
      SegmentAllocator allocator) {
    this.config = layout.config();
    this.compute = compute;
    this.linears = layout.linears(index);
    this.prefix = ModelLayout.prefix(index);
    TensorReader reader = new TensorReader(compute.kernels());
    load(source, reader, prefix + "input_layernorm.weight", allocator);
    load(source, reader, prefix + "post_attention_layernorm.weight", allocator);
    if (layout.architecture().hasQueryKeyNorm()) {
      load(source, reader, prefix + "self_attn.q_norm.weight", allocator);
      load(source, reader, prefix + "self_attn.k_norm.weight", allocator);
    }
    for (LinearLayer linear : linears) {
      load(source, reader, linear.weight(), allocator);
      if (layout.hasBias(linear)) {
        load(source, reader, linear.bias(), allocator);
      }
    }
  }

  private void load(
      WeightSource source, TensorReader reader, String name, SegmentAllocator allocator) {
    StoredTensor view = source.tensor(name);
    weights.put(name, reader.finiteMatrix(view, allocator, compute.workers()));
    view.release();
  }

  /** Off-heap memory of a block's weights in float32, in bytes. */
  public static long weightBytes(ModelLayout layout) {
    return layout.shapes().entrySet().stream()
            .filter(entry -> entry.getKey().startsWith(ModelLayout.prefix(0)))
            .mapToLong(entry -> entry.getValue().stream().reduce(1L, Math::multiplyExact))
            .sum()
        * Float.BYTES;
  }

  /**
   * Off-heap memory of {@link #forward} beside the states, in bytes.
   *
   * @param tokens of all sequences
   * @param length tokens of a sequence
   */
  public static long forwardBytes(ModelConfig config, long tokens, int length, int threads) {
    long rows = Math.min(tokens, chunkRows(length));
    long columns =
        config.hiddenSize()
            + 2L * config.queryWidth()
            + 2L * config.keyValueWidth()
            + 2L * config.intermediateSize();
    long rotary = (long) length * config.headDimension();
    long scores = (long) threads * Math.min(Attention.QUERY_BLOCK, length) * length;
    return (rows * columns + rotary + scores) * Float.BYTES;
  }

  /** The linear layers in the order in which data flows through them. */
  public List<LinearLayer> linears() {
    return linears;
  }

  /**
   * Runs whole sequences through the block.
   *
   * @param x hidden states [sequences * length, hidden], replaced by the block's output
   * @param length tokens of a sequence
   * @param inputs sees the inputs of the linear layers, chunk by chunk
   */
  public void forward(Matrix x, int length, LinearInputs inputs) {
    int rows = chunkRows(length);
    try (Arena arena = Arena.ofShared()) {
      Scratch scratch = new Scratch(config, Math.min(rows, x.rows()), arena);
      WholeSequences places =
          new WholeSequences(
              length, RotaryTable.of(config, length, arena), new Attention(config, compute));
      for (int from = 0; from < x.rows(); from += rows) {
        int to = Math.min(x.rows(), from + rows);
        forwardChunk(x.rowRange(from, to), places, inputs, scratch);
      }
    }
  }

  /** An empty cache for {@link #next}, with room for that many tokens. */
  static KeyValueCache cache(ModelConfig config, int capacity, SegmentAllocator allocator) {
    RotaryTable rotary = RotaryTable.of(config, capacity, allocator);
    return new KeyValueCache(config.keyValueWidth(), rotary, allocator);
  }

  /**
   * Runs the next tokens of one sequence through the block.
   *
   * @param x their hidden states [tokens, hidden], replaced by the block's output
   * @param cache what the block saw of the sequence before; the tokens are added to it
   */
  void next(Matrix x, KeyValueCache cache) {
    cache.checkRoom(x.rows());
    try (Arena arena = Arena.ofShared()) {
      Scratch scratch = new Scratch(config, x.rows(), arena);
      NextTokens places = new NextTokens(cache.length(), cache, new Attention(config, compute));
      forwardChunk(x, places, LinearInputs.IGNORED, scratch);
    }
  }

  /** Rows that {@link #forward} takes through the block at a time: whole sequences. */
  public static int chunkRows(int length) {
    return Math.max(1, CHUNK_TOKENS / length) * length;
  }

  /** Buffers for one chunk. */
  private static final class Scratch {
    private final Matrix normed;
    private final Matrix q;
    private final Matrix k;
    private final Matrix v;
    private final Matrix attended;
    private final Matrix gate;
    private final Matrix up;

    Scratch(ModelConfig config, int rows, Arena arena) {
      normed = Matrix.allocate(arena, rows, config.hiddenSize());
      q = Matrix.allocate(arena, rows, config.queryWidth());
      k = Matrix.allocate(arena, rows, config.keyValueWidth());
      v = Matrix.allocate(arena, rows, config.keyValueWidth());
      attended = Matrix.allocate(arena, rows, config.queryWidth());
      gate = Matrix.allocate(arena, rows, config.intermediateSize());
      up = Matrix.allocate(arena, rows, config.intermediateSize());
    }
  }

  private void forwardChunk(
      Matrix x, SequencePlaces places, LinearInputs inputs, Scratch scratch) {
    int n = x.rows();
    Matrix normed = scratch.normed.rowRange(0, n);
    Matrix q = scratch.q.rowRange(0, n);
    Matrix k = scratch.k.rowRange(0, n);
    Matrix v = scratch.v.rowRange(0, n);
    Matrix attended = scratch.attended.rowRange(0, n);
    Matrix gate = scratch.gate.rowRange(0, n);
    Matrix up = scratch.up.rowRange(0, n);

    rmsNorm(x, "input_layernorm", normed);
    inputs.accept(InputSite.ATTENTION_INPUT, normed);
    project(normed, "self_attn.q_proj", 0, q);
    project(normed, "self_attn.k_proj", 0, k);
    project(normed, "self_attn.v_proj", 0, v);
    rotate(q, "self_attn.q_norm", places);
    rotate(k, "self_attn.k_norm", places);
    places.attend(q, k, v, attended);
    inputs.accept(InputSite.ATTENTION_OUTPUT, attended);
    project(attended, "self_attn.o_proj", 1, x);

    rmsNorm(x, "post_attention_layernorm", normed);
    inputs.accept(InputSite.MLP_INPUT, normed);
    project(normed, "mlp.gate_proj", 0, gate);
    project(normed, "mlp.up_proj", 0, up);
    forRows(n, r -> compute.kernels().network().swiGlu(gate.row(r), up.row(r), gate.row(r)));
    inputs.accept(InputSite.MLP_OUTPUT, gate);
    project(gate, "mlp.down_proj", 1, x);
  }

  /** out = beta out + in W^T + bias. */
  private void project(Matrix in, String module, float beta, Matrix out) {
    Matrix w = weights.get(prefix + module + ".weight");
    compute.parallelBlas().gemm(Op.NONE, Op.TRANSPOSE, 1, in, w, beta, out);
    Matrix bias = weights.get(prefix + module + ".bias");
    if (bias != null) {
      forRows(
          out.rows(), r -> compute.kernels().arithmetic().add(out.row(r), bias.row(0), out.row(r)));
    }
  }

  private void rmsNorm(Matrix x, String norm, Matrix out) {
    MemorySegment weight = weights.get(prefix + norm + ".weight").row(0);
    float epsilon = config.rmsNormEpsilon();
    forRows(
        x.rows(), r -> compute.kernels().network().rmsNorm(x.row(r), weight, epsilon, out.row(r)));
  }

  /** Norms every head where the architecture does, and rotates it by its position. */
  private void rotate(Matrix x, String norm, SequencePlaces places) {
    Matrix weight = weights.get(prefix + norm + ".weight");
    long headBytes = (long) config.headDimension() * Float.BYTES;
    forRows(
        x.rows(),
        r -> {
          MemorySegment row = x.row(r);
          MemorySegment cos = places.rotary().cos().row(places.position(r));
          MemorySegment sin = places.rotary().sin().row(places.position(r));
          for (long at = 0; at < row.byteSize(); at += headBytes) {
            MemorySegment head = row.asSlice(at, headBytes);
            if (weight != null) {
              compute
                  .kernels()
                  .network()
                  .rmsNorm(head, weight.row(0), config.rmsNormEpsilon(), head);
            }
            compute.kernels().network().rotate(head, cos, sin);
          }
        });
  }

  private void forRows(int rows, java.util.function.IntConsumer task) {
    compute
        .workers()
        .forEachBlock(
            rows,
            ROW_BLOCK,
            (from, to) -> {
              for (int r = from; r < to; r++) {
                task.accept(r);
              }
            });
  }
}
