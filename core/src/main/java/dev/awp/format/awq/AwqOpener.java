// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format.awq;

import dev.awp.checkpoint.Checkpoint;
import dev.awp.format.packed.PackedNames;
import dev.awp.format.safetensors.LayerOpener;
import dev.awp.format.safetensors.QuantizationSettings;
import dev.awp.kernel.Kernels;
import dev.awp.model.LinearLayer;
import dev.awp.stored.StoredTensor;
import dev.awp.stored.TensorEncoder;
import dev.awp.stored.TensorReader;

/** Opens the layers of an AutoAWQ checkpoint. */
public final class AwqOpener implements LayerOpener {
  private final Checkpoint checkpoint;
  private final QuantizationSettings settings;
  private final AwqLayer format;

  public AwqOpener(Checkpoint checkpoint, QuantizationSettings settings, Kernels kernels) {
    this.checkpoint = checkpoint;
    this.settings = settings;
    settings.require("bits", "4");
    settings.require("version", AwqFormat.VERSION);
    this.format = new AwqLayer(new TensorEncoder(kernels), new TensorReader(kernels));
  }

  @Override
  public String codes(LinearLayer layer) {
    return PackedNames.weight(layer);
  }

  @Override
  public StoredTensor open(LinearLayer layer) {
    return format.open(layer, settings.groupSize(layer.columns()), checkpoint::view);
  }
}
