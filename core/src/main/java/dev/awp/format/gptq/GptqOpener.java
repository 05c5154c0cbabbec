// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format.gptq;

import dev.awp.checkpoint.Checkpoint;
import dev.awp.format.packed.PackedNames;
import dev.awp.format.safetensors.LayerOpener;
import dev.awp.format.safetensors.QuantizationSettings;
import dev.awp.kernel.Kernels;
import dev.awp.model.LinearLayer;
import dev.awp.stored.StoredTensor;
import dev.awp.stored.TensorEncoder;
import dev.awp.stored.TensorReader;
import dev.awp.stored.TensorView;
import java.util.Optional;

/** Opens the layers of a GPTQ checkpoint, with or without an order of its columns. */
public final class GptqOpener implements LayerOpener {
  private final Checkpoint checkpoint;
  private final QuantizationSettings settings;
  private final GptqLayer format;
  private final int bits;

  public GptqOpener(Checkpoint checkpoint, QuantizationSettings settings, Kernels kernels) {
    this.checkpoint = checkpoint;
    this.settings = settings;
    this.bits = settings.bits(settings.root(), "bits");
    settings.require("pack_dtype", "int32");
    String word = settings.root().path("checkpoint_format").asText(GptqVersion.FIRST.word());
    GptqVersion version =
        GptqVersion.of(word)
            .orElseThrow(
                () ->
                    settings.fail(
                        "checkpoint_format '%s' is not supported, only %s and %s are"
                            .formatted(word, GptqVersion.FIRST.word(), GptqVersion.SECOND.word())));
    this.format =
        new GptqLayer(
            version.zeroPointOffset(), new TensorEncoder(kernels), new TensorReader(kernels));
  }

  @Override
  public String codes(LinearLayer layer) {
    return PackedNames.weight(layer);
  }

  @Override
  public StoredTensor open(LinearLayer layer) {
    String index = PackedNames.groupIndex(layer);
    Optional<TensorView> order =
        checkpoint.contains(index) ? Optional.of(checkpoint.view(index)) : Optional.empty();
    return format.open(layer, bits, settings.groupSize(layer.columns()), order, checkpoint::view);
  }
}
