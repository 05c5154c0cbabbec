// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.walk;

import dev.awp.blas.Precision;
import dev.awp.calibration.ActivationStore;
import dev.awp.calibration.saved.MomentsIdentity;
import dev.awp.calibration.saved.SavedMoments;
import dev.awp.checkpoint.Checkpoint;
import dev.awp.compress.CompressionListener;
import dev.awp.compress.CompressionOptions;
import dev.awp.compress.Propagation;
import dev.awp.compress.Target;
import dev.awp.compress.estimate.PreparedRun;
import dev.awp.compress.memory.MemoryPlan;
import dev.awp.compress.plan.Schemes;
import dev.awp.compress.run.CalibrationIdentity;
import dev.awp.compress.run.ModelOutput;
import dev.awp.compress.run.PhaseClock;
import dev.awp.compress.run.RunIdentity;
import dev.awp.compress.run.SavedLayers;
import dev.awp.compress.walk.BlockCompressor.Streams;
import dev.awp.compute.Compute;
import dev.awp.model.LinearLayer;
import dev.awp.model.ModelLayout;
import dev.awp.model.forward.TransformerModel;
import dev.awp.report.LayerReport;
import dev.awp.stored.ReadAhead;
import dev.awp.stored.StoredTensor;
import dev.awp.text.TokenWindow;
import dev.awp.tuning.TuningOptions;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Goes through the layers, from the embedding to the output head, and compresses each of them. */
final class LayerWalk {
  private final CompressionOptions options;
  private final Checkpoint checkpoint;
  private final ModelLayout layout;
  private final PreparedRun prepared;
  private final Compute compute;
  private final CompressionListener listener;

  LayerWalk(
      RunPreparation preparation,
      PreparedRun prepared,
      Compute compute,
      CompressionListener listener) {
    this.options = preparation.options();
    this.checkpoint = preparation.checkpoint();
    this.layout = preparation.layout();
    this.prepared = prepared;
    this.compute = compute;
    this.listener = listener;
  }

  /**
   * Compresses the layers that are not saved yet.
   *
   * @param moments those that the run is given, of {@link #savedMoments}
   * @return reports of all layers, the saved ones among them
   */
  List<LayerReport> compress(
      Optional<SavedMoments> moments, ModelOutput output, SavedLayers saved, PhaseClock clock) {
    Schemes schemes = prepared.schemes();
    if (schemes.layers().isEmpty()) {
      return List.of();
    }
    int count = layout.config().layers();
    boolean head = !schemes.layers(count).isEmpty();
    List<LinearLayer> linears = schemes.layers();
    long work = linears.stream().mapToLong(LinearLayer::multiplyAdds).sum();
    listener.planned(count, linears.size(), work);
    if (saved.count() > 0) {
      listener.restored(saved.count(), saved.work(linears));
    }
    TransformerModel model = new TransformerModel(layout, checkpoint::tensor, compute);
    LayerCompressor layers =
        new LayerCompressor(schemes, prepared.plan(), output, compute, listener);
    MemoryPlan memory = prepared.memory();
    SiteCompressor sites =
        new SiteCompressor(
            model, layers, saved, options.ridge(), memory.spare(), compute, listener);
    EmbeddingCompressor embeddings = new EmbeddingCompressor(model, layers, saved, listener);
    List<LayerReport> reports = new ArrayList<>();
    schemes.layers(ModelLayout.BEFORE).forEach(layer -> reports.add(embeddings.compress(layer)));
    if (moments.isPresent()) {
      reports.addAll(
          new SavedBlocks(schemes, moments.get(), sites).compress(head ? count + 1 : count));
      return reports;
    }
    BlockCompressor blocks =
        new BlockCompressor(
            schemes,
            memory,
            model,
            output,
            sites,
            tuner(model, output, saved, clock),
            compute,
            listener);
    boolean dense = options.propagation() == Propagation.DENSE;
    List<TokenWindow> windows = prepared.calibration().windows();
    boolean embeds = !dense && !schemes.layers(ModelLayout.BEFORE).isEmpty();
    try (Arena arena = Arena.ofShared();
        ActivationStore embedded =
            embed(embeds ? written(model, output, arena) : model, windows, output);
        ActivationStore copy =
            options.target() != Target.PROPAGATED
                ? null
                : original(embeds, model, embedded, windows, output);
        ReadAhead readAhead = new ReadAhead()) {
      Streams streams =
          dense
              ? new Streams(Optional.empty(), Optional.of(embedded))
              : new Streams(Optional.of(embedded), Optional.ofNullable(copy));
      // Nothing is to be found out behind the last layer that is compressed.
      int end = linears.getLast().block() + 1;
      for (int block = 0; block < end; block++) {
        if (block < Math.min(count, end) - 1) {
          var _ = readAhead.fetch(weights(block + 1));
        }
        reports.addAll(blocks.compress(block, streams, block == end - 1));
      }
    }
    return reports;
  }

  private Optional<BlockTuner> tuner(
      TransformerModel model, ModelOutput output, SavedLayers saved, PhaseClock clock) {
    TuningOptions tuning = new TuningOptions(options.tuning(), options.calibration().seed());
    return tuning.steps() == 0
        ? Optional.empty()
        : Optional.of(
            new BlockTuner(tuning, model, prepared.plan(), output, saved, clock, compute));
  }

  private static ActivationStore embed(
      TransformerModel through, List<TokenWindow> windows, ModelOutput output) {
    return ActivationStore.embed(through, windows, output.scratchFolder());
  }

  /**
   * The activations that go through the original model: those of the first windows, as many as are
   * wanted, and as it takes for one token to count.
   */
  private ActivationStore original(
      boolean embeds,
      TransformerModel model,
      ActivationStore embedded,
      List<TokenWindow> windows,
      ModelOutput output) {
    int all = windows.size();
    int some = Math.max(1, (int) Math.ceil(options.targetShare() * all));
    while (some < all && embedded.weights().range(0, some * embedded.length()).counted() == 0) {
      some++;
    }
    return embeds ? embed(model, windows.subList(0, some), output) : embedded.copy(some);
  }

  /** The model with its embedding as it was written. */
  private TransformerModel written(TransformerModel model, ModelOutput output, Arena arena) {
    return model.with(output.read(arena).tensor(layout.embedding()));
  }

  /** Those that the run is given, if they were taken of what it would calibrate on. */
  Optional<SavedMoments> savedMoments(RunIdentity identity, Arena arena) {
    Optional<Path> folder = options.calibration().statistics();
    if (folder.isEmpty()) {
      return Optional.empty();
    }
    Precision precision =
        compute.lower().isForced()
            ? compute.lower().candidates().getFirst().precision()
            : Precision.F32;
    SavedMoments moments =
        SavedMoments.open(folder.get(), prepared.statistics().orElseThrow(), compute, arena);
    MomentsIdentity wanted =
        prepared.calibration().windows().isEmpty()
            ? new MomentsIdentity(
                CalibrationIdentity.model(checkpoint, identity.inputs()),
                moments.identity().length(),
                precision.label(),
                moments.identity().windows())
            : CalibrationIdentity.of(
                options.calibration(),
                options.texts(),
                prepared.calibration(),
                checkpoint,
                identity.inputs(),
                precision);
    moments.check(wanted);
    prepared.schemes().layers().stream()
        .filter(layer -> layer.block() != ModelLayout.BEFORE)
        .forEach(moments::checkHas);
    return Optional.of(moments);
  }

  private List<StoredTensor> weights(int block) {
    return layout.linears(block).stream()
        .map(linear -> checkpoint.tensor(linear.weight()))
        .toList();
  }
}
