// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.checkpoint;

import dev.awp.config.ModelConfig;
import dev.awp.config.TensorNames;
import dev.awp.stored.SharedTensor;
import dev.awp.stored.StoredTensor;
import java.util.ArrayList;
import java.util.List;

/**
 * A checkpoint of tied embeddings as one with an output head of its own, which holds the same
 * values: for outputs in which the head becomes something else than the embeddings. Owns the
 * original.
 */
public final class UntiedHead extends CheckpointView {
  private final ModelConfig config;

  private UntiedHead(Checkpoint original) {
    super(original);
    this.config = original.config().untied();
    tensors.putAll(original.byName());
    TensorNames names = config.names();
    StoredTensor embedding = original.tensor(names.embedding());
    tensors.putIfAbsent(names.headTensor(), new SharedTensor(names.headTensor(), embedding));
  }

  /** The checkpoint itself where its head is not tied. */
  public static Checkpoint of(Checkpoint original) {
    return original.config().tieWordEmbeddings() ? new UntiedHead(original) : original;
  }

  @Override
  public ModelConfig config() {
    return config;
  }

  @Override
  public List<String> warnings() {
    List<String> warnings = new ArrayList<>(super.warnings());
    warnings.add(
        "%s is tied to %s (tie_word_embeddings): outputs have the compressed head beside the embeddings, which stay as they are, and say false"
            .formatted(config.names().headTensor(), config.names().embedding()));
    return warnings;
  }

  @Override
  public ConfigCorrections corrections() {
    ConfigCorrections own = super.corrections();
    return new ConfigCorrections(true, own.unquantized(), own.dtype(), own.sizes(), own.experts());
  }
}
