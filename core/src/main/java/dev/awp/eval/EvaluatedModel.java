// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.eval;

import dev.awp.Progress;
import dev.awp.checkpoint.Checkpoint;
import dev.awp.checkpoint.FolderContent;
import dev.awp.checkpoint.registry.Checkpoints;
import dev.awp.compute.Compute;
import dev.awp.disk.FileStamps;
import dev.awp.format.registry.CheckpointWeights;
import dev.awp.model.ModelLayout;
import dev.awp.model.WeightSource;
import dev.awp.model.forward.TransformerModel;
import dev.awp.text.TextOptions;
import dev.awp.text.TokenStream;
import dev.awp.text.Tokenizers;
import dev.awp.text.drawing.Texts;
import dev.awp.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Set;

/** A model of a folder or file, in any format that awp reads, open with its tokenizer. */
public final class EvaluatedModel implements AutoCloseable {
  private final Path path;
  private final Checkpoint checkpoint;
  private final Tokenizer tokenizer;
  private final TransformerModel model;
  private final FileStamps stamps;

  private EvaluatedModel(
      Path path,
      Checkpoint checkpoint,
      Tokenizer tokenizer,
      TransformerModel model,
      FileStamps stamps) {
    this.path = path;
    this.checkpoint = checkpoint;
    this.tokenizer = tokenizer;
    this.model = model;
    this.stamps = stamps;
  }

  /**
   * Opens a model, dense or packed.
   *
   * @param files that are read beside it, and must not change either
   */
  public static EvaluatedModel open(Path path, Collection<Path> files, Compute compute) {
    FileStamps stamps = FolderContent.stamps(path, files);
    Checkpoint checkpoint = Checkpoints.open(path);
    try {
      ModelLayout layout = ModelLayout.of(checkpoint.config());
      WeightSource weights = CheckpointWeights.of(checkpoint, layout, compute.kernels());
      layout.check(weights);
      Set<Path> read = checkpoint.files();
      read.addAll(files);
      return new EvaluatedModel(
          path,
          checkpoint,
          Tokenizers.open(checkpoint.companions()),
          new TransformerModel(layout, weights, compute),
          stamps.only(read));
    } catch (RuntimeException | Error e) {
      checkpoint.close();
      throw e;
    }
  }

  /** What it was opened by. */
  Path path() {
    return path;
  }

  public TransformerModel model() {
    return model;
  }

  public Tokenizer tokenizer() {
    return tokenizer;
  }

  /** Tokens that the model has positions for. */
  public int positions() {
    return checkpoint.config().maxPositions();
  }

  /** All tokens of a text. */
  TokenStream tokens(Path text, TextOptions asked, Progress progress) {
    return Texts.of(List.of(text), asked, checkpoint.companions(), tokenizer, progress)
        .all()
        .tokens();
  }

  /** Refuses where a file has changed since it was opened. */
  public void check() {
    stamps.check();
  }

  @Override
  public void close() {
    try (checkpoint) {
      tokenizer.close();
    }
  }
}
