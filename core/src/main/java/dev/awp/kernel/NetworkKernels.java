// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.kernel;

import java.lang.foreign.MemorySegment;

/** The row-wise pieces of a transformer block's forward pass. */
public interface NetworkKernels {
  /** out[i] = x[i] / sqrt(mean(x^2) + epsilon) * weight[i], the mean taken in float64. */
  void rmsNorm(MemorySegment x, MemorySegment weight, float epsilon, MemorySegment out);

  /**
   * out[i] = (x[i] - m) / sqrt(mean((x - m)^2) + epsilon) * weight[i], m the mean of x; both means
   * taken in float64.
   */
  void layerNorm(MemorySegment x, MemorySegment weight, float epsilon, MemorySegment out);

  /**
   * In place: x[i] = exp(factor * (x[i] - max)) / sum. Entries of -infinity become 0; the row must
   * have a finite maximum. exp is accurate to 2 units in the last place and the same code in both
   * implementations.
   */
  void softmax(MemorySegment x, float factor);

  /** log(sum exp(x[i])) without overflow, in float64 where it adds. n &gt;= 1. */
  double logSumExp(MemorySegment x);

  /** out[i] = gate[i] / (1 + exp(-gate[i])) * up[i]. */
  void swiGlu(MemorySegment gate, MemorySegment up, MemorySegment out);

  /** out[i] = up[i] / (1 + exp(-gate[i])). */
  void glu(MemorySegment gate, MemorySegment up, MemorySegment out);

  /**
   * out[i] = gelu(gate[i]) * up[i] with the tanh approximation, gelu(g) = g/2 (1 + tanh(sqrt(2/pi)
   * (g + 0.044715 g^3))), computed as g / (1 + exp(-2 sqrt(2/pi) (g + 0.044715 g^3))): the same
   * function without its cancellation.
   */
  void geGlu(MemorySegment gate, MemorySegment up, MemorySegment out);

  /** out[i] = max(0, gate[i])^2 * up[i]. */
  void squaredReGlu(MemorySegment gate, MemorySegment up, MemorySegment out);

  /**
   * out[i] = (u + 1) * g / (1 + exp(-alpha g)), g = gate[i] clamped from above, u = up[i] clamped
   * to -limit and limit.
   */
  void clampedSwiGlu(
      MemorySegment gate, MemorySegment up, float alpha, float limit, MemorySegment out);

  /**
   * In place: x[i] = cap * tanh(factor * x[i] / cap). tanh is accurate to 3 units in the last place
   * and the same code in both implementations.
   */
  void softCap(MemorySegment x, float factor, float cap);

  /**
   * A recurrence's state, a matrix of a row for every key and a column for every value, takes a
   * token in and is read: state[k][i] = fma(keys[k], values[i], decay * state[k][i]), then out[i] =
   * sum over k of queries[k] * state[k][i] by fused multiply-add, k ascending from zero.
   *
   * @param state as many elements as keys and values have, multiplied; row by row
   * @param queries as many as keys
   * @param out as many as values; must not overlap the others
   */
  void advanceState(
      MemorySegment state,
      float decay,
      MemorySegment keys,
      MemorySegment values,
      MemorySegment queries,
      MemorySegment out);

  /**
   * What a recurrence's state says: out[i] = sum over k of keys[k] * state[k][i] by fused
   * multiply-add, k ascending from zero.
   *
   * @param state as many elements as keys and the output have, multiplied; row by row
   * @param out must not overlap the others
   */
  void readState(MemorySegment state, MemorySegment keys, MemorySegment out);

  /**
   * In place rotary embedding of one head vector of even length 2h, in the half-split layout of the
   * Hugging Face checkpoints: (x[i], x[i+h]) becomes (x[i] cos[i] - x[i+h] sin[i], x[i+h] cos[i] +
   * x[i] sin[i]) for i below h.
   *
   * @param cos h floats
   * @param sin h floats
   */
  void rotate(MemorySegment x, MemorySegment cos, MemorySegment sin);
}
