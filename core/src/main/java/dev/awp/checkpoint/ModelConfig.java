// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.checkpoint;

import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * config.json of a checkpoint, checked: every number lies in a sane range, so that products of them
 * do not overflow.
 *
 * @param file where it was read, for messages
 * @param architecture the first of "architectures"
 * @param layers number of decoder blocks
 * @param headDimension columns of one attention head
 * @param attentionBias "attention_bias"; an architecture may have biases of its own besides
 * @param slidingWindow positions that a query sees at most, itself included, where limited
 */
public record ModelConfig(
    Path file,
    String architecture,
    int hiddenSize,
    int intermediateSize,
    int layers,
    int heads,
    int keyValueHeads,
    int headDimension,
    int vocabularySize,
    int maxPositions,
    float rmsNormEpsilon,
    double ropeTheta,
    Optional<Llama3Scaling> ropeScaling,
    boolean tieWordEmbeddings,
    boolean attentionBias,
    boolean mlpBias,
    OptionalInt slidingWindow) {

  /** Reads and checks a config.json. */
  public static ModelConfig read(Path file) {
    return new ModelConfigReader(file).read();
  }

  /** Columns of all query heads together. */
  public int queryWidth() {
    return heads * headDimension;
  }

  /** Columns of all key (or value) heads together. */
  public int keyValueWidth() {
    return keyValueHeads * headDimension;
  }
}
